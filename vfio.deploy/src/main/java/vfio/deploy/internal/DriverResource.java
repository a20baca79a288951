// SPDX-License-Identifier: Apache-2.0
package vfio.deploy.internal;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.apache.felix.utils.resource.ResourceImpl;
import org.osgi.service.repository.RepositoryContent;

/** A jar in OSGi's resource model: capabilities, requirements and content. */
final class DriverResource extends ResourceImpl implements RepositoryContent {
    private final Path file;

    DriverResource(Path file) {
        this.file = file;
    }

    @Override
    public InputStream getContent() {
        try {
            return Files.newInputStream(file);
        } catch (IOException e) {
            throw new UncheckedIOException("cannot read " + file, e);
        }
    }

    /** Compares by identity: two files are two resources, even with the same content. */
    @Override
    public boolean equals(Object other) {
        return this == other;
    }

    @Override
    public int hashCode() {
        return System.identityHashCode(this);
    }
}
