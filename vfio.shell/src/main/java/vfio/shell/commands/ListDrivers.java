// SPDX-License-Identifier: Apache-2.0
package vfio.shell.commands;

import java.util.List;
import picocli.CommandLine;
import vfio.admin.ExitCode;
import vfio.admin.Session;
import vfio.admin.Table;
import vfio.deploy.DeployAdmin;
import vfio.deploy.UpdateAdmin;
import vfio.pci.core.admin.PciAdmin;

/** The drivers, those without a service too. */
@CommandLine.Command(name = "drivers", description = "List drivers by bundle, with the reason where one is not ready.",
        footer = {"%nExample:", "  vfio drivers"})
final class ListDrivers extends OwnCommand {
    private static final Table<DriverView> TABLE = Table.<DriverView>of("no driver bundles are here")
            .left("driver", DriverView::driver).left("state", DriverView::state).right("bound", DriverView::bound)
            .right("ids", DriverView::ids).flexible("bundle", DriverView::bundle)
            .optional("update", DriverView::updateText);

    private final PciAdmin pci;
    private final DeployAdmin deploy;
    private final UpdateAdmin updates;

    /**
     * @param deploy null where nothing is deployed from folders
     * @param updates null where deploy is
     */
    ListDrivers(PciAdmin pci, DeployAdmin deploy, UpdateAdmin updates) {
        super(Groups.DRIVERS);
        this.pci = pci;
        this.deploy = deploy;
        this.updates = updates;
    }

    @Override
    public Kind kind() {
        return Kind.PROMPT;
    }

    @Override
    public ExitCode run(Session session) {
        List<DeployAdmin.DriverBundleRow> bundles = deploy == null ? List.of() : deploy.drivers();
        List<DriverView> drivers = DriverView.join(bundles, pci.drivers(), updates == null ? List.of() : updates.updates());
        output.rows(session, "drivers", drivers, TABLE);
        output.notes(session, drivers, DriverView::driver, DriverView::reason);
        return output.notes(session, drivers, DriverView::driver, ListDrivers::dynamic);
    }

    /** What one must know to take them back; null for none. */
    private static String dynamic(DriverView driver) {
        return driver.dynamic() == null || driver.dynamic().isEmpty() ? null
                : "dynamic ids " + String.join(", ", driver.dynamic());
    }
}
