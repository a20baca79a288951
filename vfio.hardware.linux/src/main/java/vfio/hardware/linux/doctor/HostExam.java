// SPDX-License-Identifier: Apache-2.0
package vfio.hardware.linux.doctor;

import java.nio.file.Path;
import java.util.List;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.ConfigurationPolicy;
import vfio.hardware.linux.admin.HostAdmin;
import vfio.hardware.linux.guard.OpenFiles;
import vfio.hardware.linux.sysfs.SysfsDirectory;

/** The examination of this host, check by check. The service is there once the bus is configured. */
@Component(configurationPid = "vfio.hardware.linux", configurationPolicy = ConfigurationPolicy.REQUIRE)
public final class HostExam implements HostAdmin {
    private final List<Check> checks;

    /** The settings of the bus that name folders. */
    @interface Config {
        String sysfs() default "/sys";

        String nodes() default "/dev/vfio";
    }

    /** Makes the checks of this host. */
    @Activate
    public HostExam(Config config) {
        this(Path.of(config.sysfs()), Path.of("/proc"), Path.of(config.nodes()),
                Path.of(System.getProperty("java.io.tmpdir")), System.getProperty("os.arch").equals("amd64"));
    }

    /**
     * Makes the checks.
     *
     * @param x86 whether interrupt controllers are named as on that architecture
     */
    HostExam(Path sysfs, Path proc, Path nodes, Path temporary, boolean x86) {
        SysfsDirectory sys = new SysfsDirectory(sysfs);
        SysfsDirectory processes = new SysfsDirectory(proc);
        Capabilities capabilities = new Capabilities(processes);
        checks = List.of(new IommuCheck(sys), new InterruptRemapping(sys, processes, x86),
                new VfioModules(sys, nodes, nodes.resolveSibling("iommu")), new GroupSplits(sys),
                new NodeUsers(nodes, new OpenFiles(proc, ProcessHandle.current().pid())),
                new MemoryLimits(sys, processes, capabilities), capabilities, new Lockdown(sys),
                new TemporaryFolderCheck(processes, temporary));
    }

    @Override
    public List<Finding> examine(long memory) {
        return checks.stream().flatMap(check -> check.findings(memory).stream()).toList();
    }
}
