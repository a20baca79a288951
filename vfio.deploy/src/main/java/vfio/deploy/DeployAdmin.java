// SPDX-License-Identifier: Apache-2.0
package vfio.deploy;

import java.io.Serializable;
import java.util.List;
import org.osgi.annotation.versioning.ProviderType;
import vfio.core.VfioException;

/**
 * The operator's facet of deployment. Texts that come from files and drivers carry no control characters.
 *
 * <p>States of a file: {@code active} (its build runs), {@code superseded} (another build of its symbolic name is
 * wanted), {@code duplicate} (the same content as another file), {@code refused} (broken or not trusted),
 * {@code unresolved} (something it needs is not here), {@code failed} (it did not start or did not take over; tried again
 * when the file changes), {@code waiting} (still being copied, or being deployed: the reason says at what it is).
 */
@ProviderType
public interface DeployAdmin {

    /** A row for each jar in the watched folders, by folder and file. */
    List<FileRow> files();

    /** Drivers by bundle capability: those of installed bundles, then those of files that are not installed. */
    List<DriverBundleRow> drivers();

    /** Lines of modules.alias of all driver jars in the watched and the shipped folders, sorted, each once. */
    List<String> aliases();

    /** The pins, by symbolic name. */
    List<PinRow> pins();

    /**
     * Wants this version of a symbolic name, whatever else is there, until it is unpinned; kept over restarts.
     *
     * @throws VfioException EINVAL where the version cannot be read; ENOENT where no usable file of that name and version
     *     is here; EIO where the pin cannot be stored; ETIMEDOUT after a minute, where the sentence says whether it is
     *     given up or goes on
     */
    void pin(String symbolicName, String version);

    /**
     * Wants the highest version again.
     *
     * @throws VfioException ENOENT where the name is not pinned; EIO where that cannot be stored; ETIMEDOUT as {@link #pin}
     */
    void unpin(String symbolicName);

    /**
     * Returns when what is in the folders now has been handled, files still being copied included.
     *
     * @throws VfioException ETIMEDOUT where that took more than a minute; EIO where handling the folders failed
     */
    void rescan();

    /**
     * One jar.
     *
     * @param symbolicName null where the manifest could not be read, as are version and digest
     * @param digest the first 12 hex digits of the content's SHA-256
     * @param reason a sentence, null for a file that is simply active
     */
    record FileRow(String folder, String file, String symbolicName, String version, String digest, String state,
            String reason) implements Serializable {
    }

    /**
     * One driver of one bundle or file.
     *
     * @param bundleId the framework's number, null where it is not installed
     * @param bundleState {@code active}, {@code resolved}, …; {@code not installed} for a file alone
     * @param file where it comes from, null where it was installed by someone else
     * @param fileState the file's state, null where there is no file
     * @param reason why it is not running, or the file's reason, or null
     */
    record DriverBundleRow(String driver, String module, String ops, String symbolicName, String version, Long bundleId,
            String bundleState, String file, String fileState, String reason, List<ComponentRow> components)
            implements Serializable {
    }

    /**
     * One declarative service of a driver's bundle.
     *
     * @param state {@code active}, {@code satisfied}, {@code unsatisfied}, {@code failed} or {@code disabled}
     * @param unsatisfied references without a service, and the configuration it lacks
     * @param failure the first line of what its activation threw, or null
     */
    record ComponentRow(String name, String state, List<String> unsatisfied, String failure) implements Serializable {
    }

    record PinRow(String symbolicName, String version) implements Serializable {
    }
}
