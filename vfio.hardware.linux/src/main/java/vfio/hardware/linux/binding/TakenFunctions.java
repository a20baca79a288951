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
 * The functions that were taken from the host, remembered in a file each, so that a later run can give them back. Functions
 * taken before the host was booted do not count: its kernel has forgotten them too.
 */
public final class TakenFunctions {
    private static final String BOOT = "boot";
    private static final String IDENTITY = "identity";
    /** The key for the modalias, which an older daemon wrote instead of the identity. */
    private static final String KEY = "key";
    private static final String DRIVER = "driver";
    private static final String FORMER_DRIVER = "former-driver";
    private static final String FORMER_OVERRIDE = "former-override";

    private final Path folder;
    private final SysfsDirectory proc;
    /** The functions whose driver an act is changing. */
    private final Set<PciAddress> changing = ConcurrentHashMap.newKeySet();

    /**
     * Reads nothing yet.
     *
     * @param folder made when the first function is taken
     */
    public TakenFunctions(Path folder, Path proc) {
        this.folder = folder;
        this.proc = new SysfsDirectory(proc);
    }

    private String boot() {
        return proc.line("sys/kernel/random/boot_id").orElse("");
    }

    /** Returns the functions of which there is a file, of this boot or another. */
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

    /** Returns what is remembered of a function; empty where it was not taken since the host was booted. */
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

    /**
     * Remembers a function that is about to be taken.
     *
     * @throws VfioException EIO where the file cannot be written: then the function must not be taken
     */
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
            throw new VfioException(Errno.EIO,
                    "remember who has " + function + ": " + e + "; without that it is not taken", e);
        }
    }

    /** Keeps {@link #settle} from forgetting a function while an act changes its driver. */
    synchronized void begin(PciAddress function) {
        changing.add(function);
    }

    /** Lets {@link #settle} forget a function again. */
    synchronized void end(PciAddress function) {
        changing.remove(function);
    }

    /** Forgets a function that is as it was before, unless an act is changing its driver. */
    synchronized void settle(PciAddress function, Predicate<TakenFunction> asItWas) {
        if (!changing.contains(function) && of(function).filter(asItWas).isPresent()) {
            forget(function);
        }
    }

    /** Forgets a function. */
    void forget(PciAddress function) {
        try {
            Files.deleteIfExists(folder.resolve(function.toString()));
        } catch (IOException e) {
            throw new VfioException(Errno.EIO, "forget who had " + function + ": " + e.getMessage(), e);
        }
    }
}
