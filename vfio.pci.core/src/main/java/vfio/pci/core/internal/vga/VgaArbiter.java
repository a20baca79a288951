// SPDX-License-Identifier: Apache-2.0
package vfio.pci.core.internal.vga;

import java.util.Set;
import java.util.concurrent.CopyOnWriteArraySet;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.LongSupplier;
import vfio.pci.core.id.PciAddress;

/**
 * Shares the legacy VGA ranges of one bus among its cards: one access at a time reaches them (drivers/pci/vgaarb.c). Lives as
 * long as the bus.
 */
public final class VgaArbiter {
    private final Set<Card> cards = new CopyOnWriteArraySet<>();
    private final ReentrantLock memory = new ReentrantLock();
    private final ReentrantLock ports = new ReentrantLock();

    /** What a card decodes. */
    public enum Decode { NORMAL_IO, NORMAL_MEMORY, LEGACY_IO, LEGACY_MEMORY }

    /** Adds a card that users may reach; {@link Card#close} removes it. */
    public Card register(PciAddress address, int highestBus, boolean disabled) {
        Card card = new Card(address, highestBus, disabled);
        cards.add(card);
        return card;
    }

    /** One VGA function. */
    public final class Card implements AutoCloseable {
        private final PciAddress address;
        private final int highestBus;
        private final boolean disabled;

        private Card(PciAddress address, int highestBus, boolean disabled) {
            this.address = address;
            this.highestBus = highestBus;
            this.disabled = disabled;
        }

        /** Makes an access of the legacy memory, or else of the legacy ports, while no other card does. */
        public long access(boolean legacyMemory, LongSupplier access) {
            ReentrantLock lock = legacyMemory ? memory : ports;
            lock.lock();
            try {
                return access.getAsLong();
            } finally {
                lock.unlock();
            }
        }

        /**
         * Tells what the card decodes now (vfio_pci_set_decode): a card whose VGA is disabled leaves the legacy ranges alone,
         * unless it is the only one or on a root bus, or another card below its bridge needs them routed there.
         */
        public Set<Decode> decodes() {
            boolean all = !disabled || address.bus() == 0 || cards.size() == 1 || cards.stream().anyMatch(this::below);
            return all ? Set.of(Decode.values()) : Set.of(Decode.NORMAL_IO, Decode.NORMAL_MEMORY);
        }

        private boolean below(Card other) {
            return other != this && other.address.domain() == address.domain() && other.address.bus() != 0
                    && other.address.bus() >= address.bus() && other.address.bus() <= highestBus;
        }

        @Override
        public void close() {
            cards.remove(this);
        }
    }
}
