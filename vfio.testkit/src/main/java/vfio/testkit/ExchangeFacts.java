// SPDX-License-Identifier: Apache-2.0
package vfio.testkit;

import static vfio.testkit.Facts.notChecked;
import static vfio.testkit.Facts.refusal;
import static vfio.testkit.Facts.require;
import static vfio.testkit.Facts.wrong;

import java.lang.ref.WeakReference;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import vfio.core.Errno;
import vfio.core.VfioException;
import vfio.core.device.DeviceHandle;
import vfio.core.device.DriverState;
import vfio.core.device.Region;
import vfio.core.info.RegionInfo;
import vfio.pci.core.PciBinding;
import vfio.pci.core.VfioPciOperations;
import vfio.pci.core.id.RegionIndex;

/** The driver's bundle is updated while its device is open: another instance takes the device over. */
interface ExchangeFacts extends Facts {

    /** The versions of its state that the driver knows, as {@code state} of its {@code @PciIds}. */
    String state();

    /** Gives the device a state that is worth handing over. */
    void use(DeviceHandle handle);

    @Test
    default void anOpenDeviceIsTakenOver() {
        DeviceHandle handle = exchangeable();
        String refused = refusedExchange();
        require(refused == null, "another instance of the driver does not take the open device over: " + refused,
                "answer in takeOver the same facts as after openDevice, by super.takeOver first; hand over a state of the "
                + "version that is asked for");
        require(facts(handle).isPresent(), "the device does not answer after its driver was exchanged",
                "take over in takeOver what openDevice makes, by super.takeOver first");
        handle.close();
        String refusal = opened();
        require(refusal == null, "the device does not close and open after its driver was exchanged: " + refusal,
                "have closeDevice end what takeOver began, as it ends what openDevice did");
    }

    @Test
    default void theStateIsThatOfTheVersionBefore() {
        DeviceHandle handle = exchangeable();
        use(handle);
        DriverState before = written(newest());
        if (before.version() == 0) {
            notChecked("the driver hands no state over");
        }
        exchange();
        DriverState after = written(newest());
        require(same(before, after), "the state was " + before.values() + " and is " + after.values()
                + " after another instance took it over", "read in takeOver all that handOver writes");
    }

    /** The device is at work for its user: the whole exchange writes nothing, from the next version's probe on. */
    @Test
    default void takingOverChangesNothingOfTheDevice() {
        exchangeable().close();
        rig().watch().seeRegions();
        DeviceHandle handle = rig().open();
        use(handle);
        DriverState state = written(newest());
        Map<String, ByteBuffer> before = steady(handle);
        List<String> changes = rig().watch().changesIn(this::exchange);
        require(changes.isEmpty(), "while another instance took the open device over, the driver wrote " + changes,
                "write no register of the device where takeOver leads, as by super.takeOver to openDevice, nor in probe, "
                + "handOver, handedOver and remove: its user is at work on it");
        if (!same(state, written(newest()))) {
            notChecked("the state is not that of the version before");
        }
        Map<String, ByteBuffer> after = read(handle);
        before.forEach((where, bytes) -> require(bytes.equals(after.getOrDefault(where, bytes)), "what a user reads at "
                + where + " is not the same after another instance took the open device over",
                "leave the device in takeOver as it is, and hand over what registers of your own answer from; or leave "
                + "registers that change by themselves out of readable"));
    }

    /** What a user reads by piece, of those that do not change by themselves. */
    private Map<String, ByteBuffer> steady(DeviceHandle handle) {
        Map<String, ByteBuffer> once = read(handle);
        once.entrySet().retainAll(read(handle).entrySet());
        return once;
    }

    private Map<String, ByteBuffer> read(DeviceHandle handle) {
        Map<String, ByteBuffer> pieces = new LinkedHashMap<>();
        for (RegionInfo info : RegionFacts.readable(handle)) {
            Region region = handle.region(info.index());
            RegionFacts.each(this, info, position -> {
                ByteBuffer piece = ByteBuffer.allocate(RegionFacts.PIECE);
                if (refusal(() -> region.read(position, piece)) == null) {
                    pieces.put("0x%x of region %d".formatted(position, info.index()), piece.flip());
                }
            });
        }
        return pieces;
    }

    /** Each call that takes the device over makes of the core fails once. */
    @Test
    default void anExchangeThatFailsLeavesTheVersionBefore() {
        DeviceHandle handle = exchangeable();
        Optional<List<Object>> facts = facts(handle);
        boolean failed = true;
        for (int call = 0; failed; call++) {
            PciBinding before = rig().binding();
            rig().watch().failOpenAt(call);
            Errno refusal = refusal(() -> rig().exchange());
            failed = rig().watch().failed();
            rig().watch().failOpenAt(-1);
            if (refusal != null && !failed) {
                notChecked("the device is not taken over: " + refusal);
            }
            boolean stays = rig().binding() == before && facts(handle).equals(facts);
            require(refusal == null || stays, "after an exchange that failed (" + refusal + ") the device does not answer as "
                    + "before", "go on in stay as before handOver");
        }
    }

    @Test
    default void theVersionBeforeLetsGo() {
        Threads threads = new Threads(rig().limit());
        DeviceHandle handle = exchangeable();
        handle.close();
        if (!threads.left().isEmpty() || opened() != null) {
            notChecked("the device does not open and close, or leaves threads when it does");
        }
        DeviceHandle again = rig().open();
        exchange();
        again.close();
        List<String> left = threads.left();
        require(left.isEmpty(), "threads of a version that has handed over live on: " + left,
                "end and join in handedOver what closeDevice ends");
    }

    @Test
    default void nothingOfTheVersionBeforeIsReachable() {
        DeviceHandle handle = exchangeable();
        handle.close();
        WeakReference<PciBinding> removed = rig().trace();
        rig().rebind();
        if (!Facts.collected(removed)) {
            notChecked("the driver's binding stays reachable after its remove");
        }
        DeviceHandle again = rig().open();
        WeakReference<PciBinding> before = rig().trace();
        exchange();
        require(Facts.collected(before), "something still reaches the version that has handed over, while its device is open",
                "drop it from static fields, thread locals, timers and listeners in handedOver and remove");
        again.close();
    }

    /** The device, open; a driver whose device is another one at each open fails other facts and leaves these open. */
    private DeviceHandle exchangeable() {
        rig().state(state());
        DeviceHandle handle = open();
        List<Optional<List<Object>>> opens = new ArrayList<>(List.of(facts(handle)));
        try {
            for (Runnable between : List.<Runnable>of(() -> { }, rig()::rebind)) {
                handle.close();
                between.run();
                handle = rig().open();
                opens.add(facts(handle));
            }
        } catch (VfioException e) {
            notChecked("the device does not open again: " + e.getMessage());
        }
        if (opens.get(0).isEmpty() || opens.stream().distinct().count() > 1) {
            notChecked("the device is another one at each open");
        }
        return handle;
    }

    /** What a user sees of the device; empty where it does not answer. */
    private Optional<List<Object>> facts(DeviceHandle handle) {
        try {
            List<Object> facts = new ArrayList<>(List.of(handle.info()));
            for (int index = 0; index < handle.info().regions(); index++) {
                int region = index;
                if (refusal(() -> handle.regionInfo(region)) == null) {
                    facts.add(handle.regionInfo(region));
                }
            }
            for (int index = 0; index < handle.info().irqs(); index++) {
                facts.add(handle.irqInfo(index));
            }
            handle.region(RegionIndex.CONFIG).read32(0);
            for (int index = RegionIndex.NUM_REGIONS; index < handle.info().regions(); index++) {
                Region added = handle.region(index);
                facts.add("region " + index + ": " + (readable(index, 0) ? refusal(() -> added.read8(0)) : "not read"));
            }
            if (refusal(() -> handle.migration().flags()) != Errno.ENOTTY) {
                facts.add(handle.migration().flags());
            }
            return Optional.of(facts);
        } catch (VfioException e) {
            return Optional.empty();
        }
    }

    private String opened() {
        return refused(() -> rig().open().close());
    }

    private static String refused(Runnable act) {
        try {
            act.run();
            return null;
        } catch (VfioException e) {
            return e.getMessage();
        }
    }

    private void exchange() {
        String refusal = refusedExchange();
        if (refusal != null) {
            notChecked("the device is not taken over: " + refusal);
        }
    }

    private String refusedExchange() {
        PciBinding before = rig().binding();
        try {
            rig().exchange();
            return null;
        } catch (VfioException e) {
            if (e.errno() == Errno.EOPNOTSUPP && rig().binding() == before) {
                notChecked("the driver does not say that its open device can be taken over: " + e.getMessage());
            }
            return e.getMessage();
        }
    }

    private int newest() {
        return Arrays.stream(state().split(" ")).filter(word -> !word.isEmpty()).mapToInt(Integer::parseInt).max().orElse(0);
    }

    /** What the driver would hand over now. It stays. */
    private DriverState written(int version) {
        VfioPciOperations operations = (VfioPciOperations) rig().binding();
        DriverState state = operations.handOver(version);
        operations.stay();
        return state == null ? DriverState.none() : state;
    }

    static boolean same(DriverState before, DriverState after) {
        return before.version() == after.version() && before.values().keySet().equals(after.values().keySet())
                && before.values().entrySet().stream().allMatch(value -> value.getValue() instanceof byte[] bytes
                        ? Arrays.equals(bytes, after.bytes(value.getKey(), null))
                        : value.getValue().equals(after.values().get(value.getKey())));
    }
}
