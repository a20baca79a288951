// SPDX-License-Identifier: Apache-2.0
package vfio.pci.core.fake;

import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import vfio.pci.core.bus.PciBus;
import vfio.pci.core.bus.PciFunction;

/** A bus on which a test plugs functions. */
public final class FakeBus implements PciBus {
    private final String name;
    private final Virtualization virtualization;
    private final List<PciFunction> present = new CopyOnWriteArrayList<>();
    private volatile Listener listener;
    public volatile boolean bindable = true;
    public volatile boolean broken;

    public FakeBus(String name, Virtualization virtualization) {
        this.name = name;
        this.virtualization = virtualization;
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public Virtualization virtualization() {
        return virtualization;
    }

    @Override
    public boolean bindable() {
        return bindable;
    }

    @Override
    public AutoCloseable announce(Listener listener) {
        present.forEach(listener::added);
        if (broken) {
            throw new IllegalStateException("the bus broke while it announced");
        }
        this.listener = listener;
        return () -> this.listener = null;
    }

    public FakeFunction plug(FakeFunction function) {
        function.virtualization = virtualization;
        present.add(function);
        if (listener != null) {
            listener.added(function);
        }
        return function;
    }

    public List<FakeFunction> functions() {
        return present.stream().map(FakeFunction.class::cast).toList();
    }

    public void rebound(FakeFunction function) {
        listener.rebound(function.address());
    }

    public void unplug(FakeFunction function) {
        present.remove(function);
        listener.removed(function.address());
    }
}
