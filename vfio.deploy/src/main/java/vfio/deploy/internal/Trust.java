// SPDX-License-Identifier: Apache-2.0
package vfio.deploy.internal;

import java.io.IOException;
import java.nio.file.FileSystemException;
import java.nio.file.FileSystemLoopException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import vfio.core.file.TrustedPath;

/**
 * The rule that nobody but root and the daemon's user may write a driver's file or the way to it. Drivers run with all the
 * daemon's rights, and a user who may exchange a folder or a link on the way has those rights too.
 */
record Trust(TrustedPath rule) {

    /**
     * Checks a file; returns its path without links, which other users cannot redirect.
     *
     * @throws JarRefusal where another user may write the file or exchange a folder on the way, or owns one of them
     */
    Path check(Path file) throws JarRefusal, IOException {
        try {
            return rule.checkFile(file);
        } catch (NoSuchFileException e) {
            throw e;
        } catch (FileSystemLoopException e) {
            throw new JarRefusal("more links on the way than the kernel follows");
        } catch (FileSystemException e) {
            if (e.getReason() == null) {
                throw e;
            }
            throw new JarRefusal("not trusted: " + e.getReason());
        }
    }
}
