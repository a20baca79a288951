// SPDX-License-Identifier: Apache-2.0
package vfio.testkit;

import static vfio.testkit.Facts.notChecked;
import static vfio.testkit.Facts.require;

import java.lang.ref.WeakReference;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import vfio.core.Errno;
import vfio.core.VfioException;
import vfio.core.device.DriverState;
import vfio.hardware.emulated.FunctionDescription;
import vfio.pci.core.PciBinding;
import vfio.pci.core.PciDriver;
import vfio.pci.core.PciFunctionOwner;
import vfio.pci.core.VfioPciDevice;
import vfio.pci.core.id.PciDeviceId;

/**
 * What a driver that uses its function itself has to keep, as JUnit tests: a vendor extends this, says which driver, which
 * function and what it does, and has them all. Each test is one fact on a function of its own.
 */
public abstract class OwnerContract {
    private final AtomicBoolean failing = new AtomicBoolean();
    private Rig rig;

    /** A new instance of the driver under test; called once for each bind and each exchange. */
    protected abstract PciDriver driver();

    /** The function it is run on; behind its BARs is a model of the device ({@link Rig#model}). */
    protected abstract FunctionDescription function();

    /** The versions of its state that the driver knows, as {@code state} of its {@code @PciIds}. */
    protected abstract String state();

    /** Has the driver do its work, such as a call of a service that it offers, and throws where it does not. */
    protected abstract void use(Rig bound);

    /** How long each call of the driver may take; what an operator sets as {@code probeLimitMillis}. */
    protected Duration limit() {
        return Duration.ofSeconds(10);
    }

    /** The rig of this test, where a fact of the vendor's own is to be added. */
    protected final Rig rig() {
        return rig;
    }

    @BeforeEach
    final void plugIn() {
        rig = new Rig(function(), this::made, PciDeviceId.MATCH_ALL, limit()).state(state());
    }

    @AfterEach
    final void pullOut() {
        if (rig != null) {
            rig.close();
        }
    }

    private PciDriver made() {
        PciDriver own = driver();
        return (device, id) -> {
            PciBinding binding = own.probe(device, id);
            return failing.get() && binding instanceof PciFunctionOwner owner ? new Failing(owner) : binding;
        };
    }

    /** A version that takes over as the driver's own does, and fails then. */
    private record Failing(PciFunctionOwner owner) implements PciFunctionOwner {
        @Override
        public VfioPciDevice device() {
            return owner.device();
        }

        @Override
        public void takeOver(DriverState state) {
            owner.takeOver(state);
            throw new VfioException(Errno.EIO, "take over: made to fail by the contract");
        }

        @Override
        public void handedOver() {
            owner.handedOver();
        }

        @Override
        public void remove() {
            owner.remove();
        }
    }

    @Test
    void theOwnerWorksStopsAndStartsAgain() {
        rig.bind();
        String refusal = refusal(() -> use(rig));
        require(refusal == null, "the driver does not do its work: " + refusal,
                "begin in start, by bar, dma, msix and offer of the device");
        String again = refusal(() -> {
            rig.rebind();
            use(rig);
        });
        require(again == null, "a new instance does not do its work on a function that another one had: " + again,
                "leave nothing claimed in stop and remove");
    }

    @Test
    void theNextVersionTakesTheFunctionOver() {
        working();
        PciBinding before = rig.binding();
        String refusal = refusal(() -> rig.exchange());
        require(refusal == null && rig.binding() != before, "another instance does not take the function over: " + refusal,
                "ask in takeOver for the same memory, messages and services as in start");
        String word = refusal(() -> use(rig));
        require(word == null, "the driver does not do its work after an exchange: " + word,
                "listen in takeOver as in start, and reset nothing");
    }

    @Test
    void theStateIsThatOfTheVersionBefore() {
        working();
        DriverState before = written();
        if (before.version() == 0) {
            notChecked("the driver hands no state over");
        }
        exchanged();
        DriverState after = written();
        require(ExchangeFacts.same(before, after), "the state was " + before.values() + " and is " + after.values()
                + " after another instance took it over", "read in takeOver all that handOver writes");
    }

    @Test
    void aTakeOverThatFailsLeavesTheVersionBefore() {
        working();
        PciBinding before = rig.binding();
        failing.set(true);
        refusal(() -> rig.exchange());
        failing.set(false);
        String refusal = refusal(() -> use(rig));
        require(rig.binding() == before && refusal == null, "after a take-over that failed the version before does not do "
                + "its work: " + refusal, "change nothing in takeOver that the version before relies on; go on in stay");
    }

    @Test
    void theVersionBeforeLetsGo() {
        Threads threads = new Threads(limit());
        working();
        rig.unbind();
        List<String> stopped = threads.left();
        require(stopped.isEmpty(), "threads of a driver that has stopped live on: " + stopped, "end and join them in stop");
        working();
        exchanged();
        rig.unbind();
        List<String> left = threads.left();
        require(left.isEmpty(), "threads of a version that has handed over live on: " + left,
                "end and join in handedOver what stop ends");
    }

    @Test
    void nothingOfTheVersionBeforeIsReachable() {
        working();
        WeakReference<PciBinding> before = rig.trace();
        exchanged();
        require(Facts.collected(before), "something still reaches the version that has handed over",
                "drop it from static fields, thread locals, timers and listeners in handedOver and remove");
        use(rig);
    }

    private void working() {
        String refusal = refusal(() -> {
            rig.bind();
            use(rig);
        });
        if (refusal != null) {
            notChecked("the driver does not do its work: " + refusal);
        }
    }

    private void exchanged() {
        String refusal = refusal(() -> rig.exchange());
        if (refusal != null) {
            notChecked("the function is not taken over: " + refusal);
        }
    }

    /** What the driver would hand over now. It stays. */
    private DriverState written() {
        int version = Arrays.stream(state().split(" ")).filter(word -> !word.isEmpty()).mapToInt(Integer::parseInt).max()
                .orElse(0);
        PciFunctionOwner owner = (PciFunctionOwner) rig.binding();
        DriverState state = version == 0 ? DriverState.none() : owner.handOver(version);
        owner.stay();
        return state == null ? DriverState.none() : state;
    }

    private static String refusal(Runnable act) {
        try {
            act.run();
            return null;
        } catch (VfioException e) {
            return e.getMessage();
        }
    }
}
