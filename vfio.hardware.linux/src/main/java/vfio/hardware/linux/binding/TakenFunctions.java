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
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Properties;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Predicate;
import vfio.core.Errno;
import vfio.core.VfioException;
import vfio.hardware.linux.sysfs.SysfsDirectory;
import vfio.pci.core.id.PciAddress;

/**
 * Remembers which functions were taken from the host, a file for each, so that a later run can give them back. What was taken
 * before the host was booted is forgotten: so has its kernel.
 */
public final class TakenFunctions {
    private static final String BOOT = "boot";
    private static final String IDENTITY = "identity";
    /** What a daemon of before wrote instead: the modalias. */
    private static final String KEY = "key";
    private static final String DRIVER = "driver";
    private static final String FORMER_DRIVER = "former-driver";
    private static final String FORMER_OVERRIDE = "former-override";

    private final Path folder;
    private final SysfsDirectory proc;
    /** Those of which an act is changing what its host has bound them to. */
    private final Set<PciAddress> changing = ConcurrentHashMap.newKeySet();

    /** @param folder made when the first function is taken */
    public TakenFunctions(Path folder, Path proc) {
        this.folder = folder;
        this.proc = new SysfsDirectory(proc);
    }

    private String boot() {
        return proc.line("sys/kernel/random/boot_id").orElse("");
    }

    /** Of which functions something is remembered, of this boot or another. */
    List<PciAddress> all() {
        List<PciAddress> all = new ArrayList<>();
        for (String name : new SysfsDirectory(folder).names()) {
            try {
                all.add(PciAddress.parse(name));
            } catch (IllegalArgumentException e) {
                continue; // one that was not written to its end
            }
        }
        return all;
    }

    /** Empty where it was not taken since the host was booted. */
    Optional<TakenFunction> of(PciAddress function) {
        Properties text = new Properties();
        try (Reader reader = Files.newBufferedReader(folder.resolve(function.toString()))) {
            text.load(reader);
            String identity = text.getProperty(IDENTITY, text.getProperty(KEY));
            if (!boot().equals(text.getProperty(BOOT)) || text.getProperty(DRIVER) == null || identity == null) {
                return Optional.empty();
            }
            return Optional.of(new TakenFunction(identity, text.getProperty(DRIVER),
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
    void remember(PciAddress function, TakenFunction taken) {
        Properties text = new Properties();
        text.setProperty(BOOT, boot());
        text.setProperty(IDENTITY, taken.identity());
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

    /** Keeps {@link #settle} off from now on: what is seen of the function is not what will be. */
    synchronized void begin(PciAddress function) {
        changing.add(function);
    }

    /** Ends what {@link #begin} began. */
    synchronized void end(PciAddress function) {
        changing.remove(function);
    }

    /** Forgets a function that is as it was, as others have made it, unless it is only so while an act changes it. */
    synchronized void settle(PciAddress function, Predicate<TakenFunction> asItWas) {
        if (!changing.contains(function) && of(function).filter(asItWas).isPresent()) {
            forget(function);
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
