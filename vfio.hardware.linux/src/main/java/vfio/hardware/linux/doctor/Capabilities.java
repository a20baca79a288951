// SPDX-License-Identifier: Apache-2.0
package vfio.hardware.linux.doctor;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import vfio.hardware.linux.admin.HostAdmin.Finding;
import vfio.hardware.linux.sysfs.SysfsDirectory;

/** The check of the capabilities that this program may need (uapi/linux/capability.h). */
final class Capabilities implements Check {
    static final int IPC_LOCK = 14;
    private static final int CHOWN = 0;
    private static final int DAC_OVERRIDE = 1;
    private static final int SYS_MODULE = 16;
    private static final int SYS_PTRACE = 19;
    private static final int SYS_ADMIN = 21;
    private static final Pattern EFFECTIVE = Pattern.compile("CapEff:\\s*([0-9a-f]{1,16})");

    private final SysfsDirectory proc;

    Capabilities(SysfsDirectory proc) {
        this.proc = proc;
    }

    boolean has(int capability) {
        return (effective() >>> capability & 1) != 0;
    }

    private long effective() {
        return proc.lines("self/status").stream().map(EFFECTIVE::matcher).filter(Matcher::matches)
                .map(m -> Long.parseUnsignedLong(m.group(1), 16)).findFirst().orElse(0L);
    }

    @Override
    public List<Finding> findings(long memory) {
        Map<Integer, String> needed = new LinkedHashMap<>();
        needed.put(DAC_OVERRIDE, "dac_override: bind functions of other host drivers");
        needed.put(CHOWN, "chown: bind --owner");
        needed.put(SYS_MODULE, "sys_module: load a VFIO module that is missing");
        needed.put(SYS_PTRACE, "sys_ptrace: say which processes of others hold a device");
        needed.put(SYS_ADMIN, "sys_admin: read configuration space past its first 64 bytes");
        List<String> missing = new ArrayList<>();
        needed.forEach((capability, use) -> {
            if (!has(capability)) {
                missing.add(use);
            }
        });
        return List.of(missing.isEmpty() ? Check.ok("capabilities", "all that are ever needed")
                : Check.note("capabilities", "without " + String.join("; ", missing),
                        "functions that are given to VFIO and whose nodes this user owns work without; for the rest run the "
                        + "daemon as in docs/linux.md"));
    }
}
