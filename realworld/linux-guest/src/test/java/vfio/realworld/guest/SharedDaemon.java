// SPDX-License-Identifier: Apache-2.0
package vfio.realworld.guest;

import java.io.IOException;
import java.nio.file.Path;
import launcher.GuestDaemon;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.ParameterContext;
import org.junit.jupiter.api.extension.ParameterResolver;

/**
 * Gives tests the one daemon of this guest, which is started for the first of them and stopped after the last. Users have
 * a second to let go; the program, where it is deployed, holds the card that can be pulled.
 */
final class SharedDaemon implements ParameterResolver {
    /** While it is there, the program does not hear that it is to let go. */
    static final Path DEAF = Path.of("/run/deaf");

    private record Running(GuestDaemon daemon) implements AutoCloseable {
        @Override
        public void close() {
            daemon.close();
        }
    }

    @Override
    public boolean supportsParameter(ParameterContext parameter, ExtensionContext context) {
        return parameter.getParameter().getType() == GuestDaemon.class;
    }

    @Override
    public GuestDaemon resolveParameter(ParameterContext parameter, ExtensionContext context) {
        return context.getRoot().getStore(ExtensionContext.Namespace.GLOBAL)
                .getOrComputeIfAbsent(Running.class, type -> start(), Running.class).daemon;
    }

    private static Running start() {
        try {
            return new Running(GuestDaemon.start(Path.of("/run/vfio"), "-Dguest.function=" + Guest.removable(),
                    "-Dguest.deaf=" + DEAF, "--set=vfio.pci.core:drainMillis=1000",
                    "--set=vfio.pci.driver~vfio-pci:enableSriov=true"));
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }
}
