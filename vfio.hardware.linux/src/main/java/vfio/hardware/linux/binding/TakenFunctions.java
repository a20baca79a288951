// SPDX-License-Identifier: Apache-2.0
package vfio.hardware.linux.binding;

import java.io.IOException;
import java.io.Reader;
import java.io.Writer;
import java.lang.System.Logger.Level;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Optional;
import java.util.Properties;
import vfio.core.Errno;
import vfio.core.VfioException;
import vfio.hardware.linux.sysfs.SysfsDirectory;
import vfio.pci.core.DeviceKey;
import vfio.pci.core.PciAddress;

/**
 * Remembers which functions were taken from the host, a file for each, so that a later run can give them back. What was taken
 * before the host was booted is forgotten: so has its kernel.
 */
public final class TakenFunctions {
    private static final String BOOT = "boot";
    private static final String KEY = "key";
    private static final String DRIVER = "driver";
    private static final String FORMER_DRIVER = "former-driver";
    private static final String FORMER_OVERRIDE = "former-override";

    private final Path folder;
    private final SysfsDirectory proc;

    /** @param folder made when the first function is taken */
    public TakenFunctions(Path folder, Path proc) {
        this.folder = folder;
        this.proc = new SysfsDirectory(proc);
    }

    private String boot() {
        return proc.line("sys/kernel/random/boot_id").orElse("");
    }

    /** Empty where it was not taken since the host was booted. */
    Optional<Taken> of(PciAddress function) {
        Properties text = new Properties();
        try (Reader reader = Files.newBufferedReader(folder.resolve(function.toString()))) {
            text.load(reader);
            if (!boot().equals(text.getProperty(BOOT)) || text.getProperty(DRIVER) == null) {
                return Optional.empty();
            }
            return Optional.of(new Taken(DeviceKey.parse(text.getProperty(KEY, "")), text.getProperty(DRIVER),
                    text.getProperty(FORMER_DRIVER), text.getProperty(FORMER_OVERRIDE)));
        } catch (NoSuchFileException e) {
            return Optional.empty();
        } catch (IOException | IllegalArgumentException e) {
            System.getLogger(TakenFunctions.class.getName()).log(Level.WARNING, "cannot read who had " + function + ": "
                    + e.getMessage() + "; it will not be given back");
            return Optional.empty();
        }
    }

    /** @throws VfioException EIO where it cannot be written: then it must not be taken */
    void remember(PciAddress function, Taken taken) {
        Properties text = new Properties();
        text.setProperty(BOOT, boot());
        text.setProperty(KEY, taken.key().toString());
        text.setProperty(DRIVER, taken.driver());
        if (taken.formerDriver() != null) {
            text.setProperty(FORMER_DRIVER, taken.formerDriver());
        }
        if (taken.formerOverride() != null) {
            text.setProperty(FORMER_OVERRIDE, taken.formerOverride());
        }
        Path next = folder.resolve(function + ".next");
        try {
            Files.createDirectories(folder);
            try (Writer writer = Files.newBufferedWriter(next)) {
                text.store(writer, null);
            }
            Files.move(next, folder.resolve(function.toString()), StandardCopyOption.ATOMIC_MOVE);
        } catch (IOException e) {
            throw new VfioException(Errno.EIO, "remember who has " + function + ": " + e + "; without that it is not taken", e);
        }
    }

    void forget(PciAddress function) {
        try {
            Files.deleteIfExists(folder.resolve(function.toString()));
        } catch (IOException e) {
            throw new VfioException(Errno.EIO, "forget who had " + function + ": " + e.getMessage(), e);
        }
    }
}
