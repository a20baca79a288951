// SPDX-License-Identifier: Apache-2.0
package vfio.testkit;

import static vfio.testkit.Facts.notChecked;
import static vfio.testkit.Facts.refusal;
import static vfio.testkit.Facts.require;
import static vfio.testkit.Facts.wrong;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import vfio.core.Errno;
import vfio.core.VfioException;
import vfio.core.device.DeviceHandle;
import vfio.core.info.DeviceInfo;
import vfio.core.migration.Migration;
import vfio.core.migration.MigrationFlags;
import vfio.core.migration.MigrationState;
import vfio.core.migration.MigrationStream;

/** Migration, where the driver gives {@code migration()}. */
interface MigrationFacts extends Facts {

    /** Gives the device a state that is worth migrating. */
    void use(DeviceHandle handle);

    /** Whether two devices of these images are in the same state. */
    boolean sameState(byte[] saved, byte[] savedAfterRestore);

    /** Opened, RUNNING, and in use. */
    private DeviceHandle migratable(Rig rig) {
        DeviceHandle handle = Facts.open(rig);
        if (refusal(() -> handle.migration().flags()) == Errno.ENOTTY) {
            handle.close();
            notChecked("the driver does not migrate the device");
        }
        use(handle);
        return handle;
    }

    /** What is wanted of another fact's subject. */
    private static void needed(Runnable act) {
        try {
            act.run();
        } catch (VfioException | AssertionError e) {
            notChecked("migration does not get so far: " + e.getMessage());
        }
    }

    @Test
    default void migrationFlagsAndLengthAreLegal() {
        MigrationFlags flags;
        try (DeviceHandle handle = migratable(rig())) {
            flags = handle.migration().flags();
            long length = handle.migration().stopCopyLength();
            require(length >= 0, "stopCopyLength is " + length, "answer what STOP_COPY would give now, 0 or more");
        } catch (VfioException e) {
            flags = wrong("stopCopyLength failed in RUNNING: " + e.getMessage(), "answer it in every state, 0 or more");
        }
        try (DeviceHandle again = reopened()) {
            require(again.migration().flags().equals(flags), "the flags were " + flags + " and are "
                    + again.migration().flags()
                    + " after another open", "what a device can do does not change while it is bound");
        }
    }

    @Test
    default void theMigrationOfTheBindIsThatOfTheOpen() {
        try (DeviceHandle handle = open()) {
            Optional<MigrationFlags> has = refusal(() -> handle.migration().flags()) == null
                    ? Optional.of(handle.migration().flags()) : Optional.empty();
            require(has.equals(rig().claimed()), "migration() claimed " + rig().claimed() + " when the function was bound "
                    + "and " + has + " when it was opened",
                    "answer what the device can do from probe on, before openDevice, too");
        }
    }

    @Test
    default void everyPairOfStatesIsWalked() {
        DeviceHandle first = migratable(rig());
        MigrationFlags flags = first.migration().flags();
        List<Image> image = new ArrayList<>();
        needed(() -> image.add(Image.saved(first)));
        for (MigrationState from : MigrationState.values()) {
            for (MigrationState to : MigrationState.values()) {
                if (leads(flags, MigrationState.RUNNING, from) && leads(flags, from, to)) {
                    walk(from, to, image.get(0));
                }
            }
        }
    }

    private DeviceHandle reopened() {
        try {
            return rig().open();
        } catch (VfioException e) {
            return notChecked("the device does not open again: " + e.getMessage());
        }
    }

    private static boolean leads(MigrationFlags flags, MigrationState from, MigrationState to) {
        return refusal(() -> flags.path(from, to)) == null;
    }

    private void walk(MigrationState from, MigrationState to, Image image) {
        needed(() -> rig().rebind());
        try (DeviceHandle handle = rig().open()) {
            use(handle);
            Migration migration = handle.migration();
            if (from == MigrationState.RESUMING) {
                image.writeTo(Image.begin(handle, from));
            } else {
                migration.set(from);
            }
            migration.set(to);
            require(migration.state() == to, "the device went from " + from + " to " + to + " and is in "
                    + migration.state(),
                    "do each arc whole before arc returns");
        } catch (VfioException e) {
            wrong("the way from " + from + " to " + to + " failed: " + e.getMessage(),
                    "do every arc between the states of your "
                    + "flags, in both directions (enum vfio_device_mig_state, uapi/linux/vfio.h)");
        }
    }

    @Test
    default void theStateSavedIsThatOfTheFunctionItIsRestoredOn() {
        try (DeviceHandle source = migratable(rig()); Rig second = rig().another();
                DeviceHandle target = Facts.open(second)) {
            List<Image> saved = new ArrayList<>();
            needed(() -> {
                saved.add(Image.saved(source));
                saved.get(0).writeTo(Image.begin(target, MigrationState.RESUMING));
                target.migration().set(MigrationState.STOP);
                saved.add(Image.saved(target));
            });
            require(sameState(saved.get(0).bytes(), saved.get(1).bytes()), "the state that was saved, "
                    + saved.get(0).bytes().length + " bytes, is not the one that a second function has after it was "
                    + "restored there, "
                    + saved.get(1).bytes().length + " bytes",
                    "take up in RESUMING all that STOP_COPY gives, at the latest in the "
                    + "arc to STOP; or override sameState where two images of one state differ");
            target.migration().set(MigrationState.RUNNING);
        } catch (VfioException e) {
            wrong("a device that was restored does not run: " + e.getMessage(),
                    "do the arcs from STOP to RUNNING after RESUMING");
        }
    }

    /** From STOP_COPY, and from where a stream of garbage has taken it. */
    @Test
    default void resetLeadsBackToRunning() {
        try (DeviceHandle handle = migratable(rig())) {
            if ((handle.info().flags() & DeviceInfo.RESET) == 0) {
                notChecked("the device does not claim flag RESET");
            }
            needed(() -> handle.migration().set(MigrationState.STOP_COPY));
            runsAfterReset(handle);
            needed(() -> handle.migration().set(MigrationState.RUNNING));
            needed(() -> garble(Image.begin(handle, MigrationState.RESUMING)));
            refusal(() -> handle.migration().set(MigrationState.STOP));
            runsAfterReset(handle);
        }
    }

    private static void garble(MigrationStream stream) {
        try {
            stream.write(ByteBuffer.allocate(64).putLong(0x0bad0bad0bad0badL).rewind());
        } catch (VfioException e) { // as it should
            refusal(() -> stream.write(ByteBuffer.allocate(1)));
        }
    }

    private static void runsAfterReset(DeviceHandle handle) {
        Migration migration = handle.migration();
        MigrationState before = migration.state();
        String advice = "be in RUNNING when afterReset returns, with no stream of before, whatever was under way";
        try {
            handle.reset();
        } catch (VfioException e) {
            notChecked("reset fails: " + e.getMessage());
        }
        try {
            migration.set(MigrationState.STOP);
            migration.set(MigrationState.RUNNING);
        } catch (VfioException e) {
            wrong("after a reset in " + before + " the device does not go from RUNNING to STOP and back: " + e.getMessage(),
                    advice);
        }
        require(migration.state() == MigrationState.RUNNING, "after a reset in " + before + " the device is in "
                + migration.state(), advice);
    }

    @Test
    default void aStreamEndsWithItsStateAndAnotherCanBegin() {
        try (DeviceHandle handle = migratable(rig())) {
            List<Image> image = new ArrayList<>();
            needed(() -> image.add(Image.saved(handle)));
            needed(() -> handle.migration().set(MigrationState.STOP));
            List<MigrationStream> ended = new ArrayList<>();
            for (int time = 1; time <= 2; time++) {
                ended.add(resumed(handle, image.get(0)));
            }
            for (MigrationStream stream : ended) {
                require(refusal(() -> stream.write(ByteBuffer.allocate(1))) == Errno.ENODEV,
                        "a stream takes bytes after its "
                        + "state was left", "the core owns the streams: give it data of your own");
            }
        } catch (VfioException e) {
            wrong("a second stream was refused after the first had ended: " + e.getMessage(),
                    "let go of a stream in the close() of its data: it comes when the device leaves the states it belongs "
                    + "to");
        }
    }

    private static MigrationStream resumed(DeviceHandle handle, Image image) {
        MigrationStream stream = Image.begin(handle, MigrationState.RESUMING);
        image.writeTo(stream);
        handle.migration().set(MigrationState.STOP);
        return stream;
    }
}
