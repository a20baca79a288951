// SPDX-License-Identifier: Apache-2.0
package vfio.core.feature;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.UUID;
import java.util.function.Consumer;
import vfio.core.Errno;
import vfio.core.EventSignal;

/** The features that a bus has, each made of an act of the bus. */
final class BusFeatures {

    private BusFeatures() {
    }

    /** Makes a feature of {@link Features#vfToken}. */
    static Features vfToken(Consumer<UUID> set) {
        return Features.NONE.with(Features.PCI_VF_TOKEN, Feature.set("PCI_VF_TOKEN", 2 * Long.BYTES, request -> {
            ByteBuffer uuid = request.payload().order(ByteOrder.BIG_ENDIAN); // RFC 9562: in network byte order
            set.accept(new UUID(uuid.getLong(), uuid.getLong()));
        }));
    }

    /** Makes the features of {@link Features#lowPower}. */
    static Features lowPower(Consumer<EventSignal> enter, Runnable exit) {
        return Features.NONE
                .with(Features.LOW_POWER_ENTRY, Feature.set("LOW_POWER_ENTRY", 0, request -> enter.accept(null)))
                .with(Features.LOW_POWER_ENTRY_WITH_WAKEUP, Feature.set("LOW_POWER_ENTRY_WITH_WAKEUP", 2 * Integer.BYTES,
                        request -> enter.accept(wakeup(request))))
                .with(Features.LOW_POWER_EXIT, Feature.set("LOW_POWER_EXIT", 0, request -> exit.run()));
    }

    /** s32 wakeup_eventfd, u32 reserved. */
    private static EventSignal wakeup(FeatureRequest request) {
        if (request.payload().getInt() < 0) {
            throw request.refused(Errno.EINVAL, "a wakeup needs an event to signal");
        }
        if (request.attachment() == null) {
            throw request.refused(Errno.EBADF, "the event to signal did not come along");
        }
        if (!(request.attachment() instanceof EventSignal signal)) {
            throw request.refused(Errno.EINVAL, "what came along is no event to signal");
        }
        if (!signal.usable()) {
            throw request.refused(Errno.EBADF, "the event to signal is closed");
        }
        return signal;
    }

    /** Makes a feature of {@link Features#busMaster}. */
    static Features busMaster(Consumer<Boolean> set) {
        return Features.NONE.with(Features.BUS_MASTER, Feature.set("BUS_MASTER", Integer.BYTES, request -> {
            int operation = request.payload().getInt();
            if (operation != 0 && operation != 1) {
                throw request.refused(Errno.EINVAL, "operation " + Integer.toUnsignedString(operation)
                        + ": 0 clears bus mastering, 1 sets it");
            }
            set.accept(operation == 1);
        }));
    }
}
