// SPDX-License-Identifier: Apache-2.0
package vfio.shell.commands;

import java.util.ArrayList;
import java.util.List;
import vfio.core.Errno;
import vfio.core.VfioException;
import vfio.deploy.DeployAdmin;

/** A driver folder with one jar of each fate. */
public final class FakeDeploy implements DeployAdmin {
    private final List<PinRow> pins = new ArrayList<>();

    @Override
    public List<FileRow> files() {
        return List.of(new FileRow("/d", "vfio.pci.mlx5.jar", "vfio.pci.mlx5", "0.1.0", "0123456789ab", "active", null),
                new FileRow("/d", "evil\n\u001b[31m.jar", null, null, null, "refused", "no jar: the file is empty"));
    }

    @Override
    public List<DriverBundleRow> drivers() {
        return List.of(
                driver("mlx5_vfio_pci", "vfio.pci.mlx5", 21L, "active", "active", null, List.of()),
                driver("lazy-vfio-pci", "lazy", 30L, "active", "active", null, List.of(new ComponentRow("lazy.Driver",
                        "unsatisfied", List.of("reference clock"), null))),
                driver("bare-vfio-pci", "bare", 31L, "active", "active", null, List.of()),
                driver("needy-vfio-pci", "needy", null, "not installed", "unresolved", "package x.y is not here",
                        List.of()));
    }

    private static DriverBundleRow driver(String name, String bundle, Long id, String state, String fileState, String reason,
            List<ComponentRow> components) {
        return new DriverBundleRow(name, name, name, bundle, "0.1.0", id, state, bundle + ".jar", fileState, reason,
                components);
    }

    @Override
    public List<String> aliases() {
        return List.of("alias vfio_pci:v*d*sv*sd*bc*sc*i* vfio_pci",
                "alias vfio_pci:v000015B3d0000101Esv*sd*bc*sc*i* mlx5_vfio_pci");
    }

    @Override
    public List<PinRow> pins() {
        return List.copyOf(pins);
    }

    @Override
    public void pin(String symbolicName, String version) {
        pins.removeIf(pin -> pin.symbolicName().equals(symbolicName));
        pins.add(new PinRow(symbolicName, version));
    }

    @Override
    public void unpin(String symbolicName) {
        if (!pins.removeIf(pin -> pin.symbolicName().equals(symbolicName))) {
            throw new VfioException(Errno.ENOENT, symbolicName + " is not pinned");
        }
    }

    @Override
    public void rescan() {
    }
}
