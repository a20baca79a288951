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
 * when the file changes, or by {@link UpdateAdmin#update}), {@code waiting} (still being copied, or being deployed: the
 * reason says at what it is), {@code held} (it would be wanted, and waits for {@link UpdateAdmin#update}).
 */
@ProviderType
public interface DeployAdmin {

    /** Returns a row for each jar in the watched folders, ordered by folder and file. */
    List<FileRow> files();

    /** Returns the drivers by bundle capability: those of installed bundles, then those of files that are not installed. */
    List<DriverBundleRow> drivers();

    /** Returns the lines of modules.alias of all driver jars in the watched and the shipped folders, sorted, each once. */
    List<String> aliases();

    /** Returns the pins, ordered by symbolic name. */
    List<PinRow> pins();

    /**
     * Pins a symbolic name to a version, which is then wanted whatever other versions are there; kept over restarts.
     *
     * @throws VfioException EINVAL where the version cannot be read; ENOENT where no usable file of that name and version is
     *     here; EIO where the pin cannot be stored; ETIMEDOUT after a minute, where the sentence says whether the request is
     *     given up or goes on
     */
    void pin(String symbolicName, String version);

    /**
     * Unpins a symbolic name: its highest version is wanted again.
     *
     * @throws VfioException ENOENT where the name is not pinned; EIO where the pins cannot be stored; ETIMEDOUT as {@link
     *     #pin}
     */
    void unpin(String symbolicName);

    /**
     * Waits until the present files in the folders have been handled, files that are still being copied included.
     *
     * @throws VfioException ETIMEDOUT after a minute; EIO where handling the folders failed
     */
    void rescan();

    /**
     * A jar.
     *
     * @param symbolicName null where the manifest could not be read, as are version and digest
     * @param digest the first 12 hex digits of the content's SHA-256
     * @param reason a sentence, null for a file that is simply active
     */
    record FileRow(String folder, String file, String symbolicName, String version, String digest, String state,
            String reason) implements Serializable {
    }

    /**
     * A driver of a bundle or file.
     *
     * @param bundleId the framework's number, null where the driver is not installed
     * @param bundleState {@code active}, {@code resolved}, …; {@code not installed} for a file alone
     * @param file the bundle's file, null where the bundle was installed by others
     * @param fileState the file's state, null where there is no file
     * @param reason why the driver is not running, or the file's reason, or null
     */
    record DriverBundleRow(String driver, String module, String ops, String symbolicName, String version, Long bundleId,
            String bundleState, String file, String fileState, String reason, List<ComponentRow> components)
            implements Serializable {
    }

    /**
     * A declarative service of a driver's bundle.
     *
     * @param state {@code active}, {@code satisfied}, {@code unsatisfied}, {@code failed} or {@code disabled}
     * @param unsatisfied references without a service, and missing configurations
     * @param failure the first line of the exception of its activation, or null
     */
    record ComponentRow(String name, String state, List<String> unsatisfied, String failure) implements Serializable {
    }

    /** A pin. */
    record PinRow(String symbolicName, String version) implements Serializable {
    }
}
