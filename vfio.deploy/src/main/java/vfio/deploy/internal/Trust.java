// SPDX-License-Identifier: Apache-2.0
package vfio.deploy.internal;

import java.io.IOException;
import java.nio.file.FileSystemException;
import java.nio.file.FileSystemLoopException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import vfio.core.file.TrustedPath;

/**
 * Whether nobody but root and the daemon's user could have put a file where it is. Drivers run with all the daemon's
 * rights, so whoever may exchange a folder or a link on the way to one has those rights.
 */
record Trust(TrustedPath rule) {

    /**
     * Answers the file's path without links, which leads others nowhere else later on either.
     *
     * @throws JarRefusal where someone else may write the file or exchange something on the way, or owns one of them
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
