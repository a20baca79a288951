// SPDX-License-Identifier: Apache-2.0
package vfio.hardware.linux.binding;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import vfio.core.Errno;
import vfio.core.VfioException;
import vfio.core.thread.Deadline;
import vfio.hardware.linux.sysfs.PrintableText;
import vfio.pci.core.id.PciAddress;

/**
 * The processes that act on the host, one for each act and with a limit of time: {@code dd} writes, {@code modprobe} loads. A
 * process that the kernel holds is left behind and remembered until it ends.
 */
public final class OutsideProcesses implements Outside {
    private static final List<String> FOLDERS = List.of("/usr/bin", "/bin", "/usr/sbin", "/sbin");
    /** A killed process ends at once, unless the kernel has it in an uninterruptible wait. */
    private static final Duration DYING = Duration.ofSeconds(1);

    private final Duration limit;
    private final Map<PciAddress, Left> left = new ConcurrentHashMap<>();

    private record Left(Process process, Path attribute) {
    }

    /**
     * Starts no process yet.
     *
     * @param limit for one act; far more than a driver takes to let go of its function or to start it
     */
    public OutsideProcesses(Duration limit) {
        this.limit = limit;
    }

    @Override
    public void write(PciAddress function, Path attribute, String text) {
        String act = "write '" + text.trim() + "' to " + attribute;
        waiting(function).ifPresent(earlier -> {
            throw new VfioException(Errno.EBUSY, act + ": " + earlier);
        });
        Process process = start(act, text, "dd", "of=" + attribute, "conv=notrunc,nocreat", "status=none");
        if (!ended(process)) {
            left.put(function, new Left(process, attribute));
            throw new VfioException(Errno.ETIMEDOUT,
                    act + ": the kernel has not come back from it after " + limit.toSeconds() + " s");
        }
        check(act, process);
    }

    @Override
    public void load(String module) {
        String act = "load module " + module;
        Process process = start(act, "", "modprobe", "--", module);
        if (!ended(process)) {
            throw new VfioException(Errno.ETIMEDOUT, act + ": modprobe has not ended after " + limit.toSeconds() + " s");
        }
        check(act, process);
    }

    @Override
    public Optional<String> waiting(PciAddress function) {
        left.computeIfPresent(function, (address, write) -> write.process.isAlive() ? write : null);
        return Optional.ofNullable(left.get(function)).map(write -> "the kernel has not come back yet from an earlier write "
                + "to " + write.attribute + " (process " + write.process.pid() + "); end who has the function open");
    }

    private static Process start(String act, String input, String... command) {
        command[0] = FOLDERS.stream().map(folder -> Path.of(folder, command[0])).filter(Files::isExecutable).findFirst()
                .map(Path::toString).orElse(command[0]);
        ProcessBuilder builder = new ProcessBuilder(command).redirectOutput(ProcessBuilder.Redirect.DISCARD);
        builder.environment().put("LC_ALL", "C");
        try {
            Process process = builder.start();
            try (OutputStream in = process.getOutputStream()) {
                in.write(input.getBytes(StandardCharsets.UTF_8));
            } catch (IOException e) {
                return process; // it has ended already, and says why
            }
            return process;
        } catch (IOException e) {
            throw new VfioException(Errno.EIO, act + ": no process can be started for it: " + e.getMessage(), e);
        }
    }

    private boolean ended(Process process) {
        if (ended(process, limit)) {
            return true;
        }
        process.destroyForcibly();
        ended(process, DYING);
        return false;
    }

    /** Waits for a process, on after an interrupt too: what was begun is not known to be over before its end. */
    private static boolean ended(Process process, Duration within) {
        Deadline end = Deadline.in(within);
        boolean interrupted = false;
        try {
            while (true) {
                try {
                    return process.waitFor(end.leftNanos(), TimeUnit.NANOSECONDS);
                } catch (InterruptedException e) {
                    interrupted = true;
                }
            }
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    private static void check(String act, Process process) {
        if (process.exitValue() == 0) {
            return;
        }
        String said;
        try {
            said = new String(process.getErrorStream().readNBytes(4096), StandardCharsets.UTF_8).trim();
        } catch (IOException e) {
            said = "";
        }
        Errno errno = ErrorText.errno(said);
        String why = ErrorText.isKnown(said) ? errno.text() : PrintableText.of(lastLine(said));
        throw new VfioException(errno, act + ": " + why);
    }

    private static String lastLine(String said) {
        return Stream.of(said.split("\n")).reduce((first, second) -> second).orElse("");
    }
}
