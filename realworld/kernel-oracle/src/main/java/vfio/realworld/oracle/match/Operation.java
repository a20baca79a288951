// SPDX-License-Identifier: Apache-2.0
package vfio.realworld.oracle.match;

/**
 * One write to a file of sysfs that is about matching.
 *
 * @param subject the function or the driver whose file it is, null for a file of the bus
 * @param text what is written, ASCII
 */
record Operation(Kind kind, String subject, String text) {
    private static final String BUS = "/sys/bus/pci/";
    private static final int SHOWN = 80;

    /** Where it is written. */
    enum Kind {
        OVERRIDE("devices/%s/driver_override"),
        NEW_ID("drivers/%s/new_id"),
        REMOVE_ID("drivers/%s/remove_id"),
        BIND("drivers/%s/bind"),
        UNBIND("drivers/%s/unbind"),
        PROBE("drivers_probe"),
        AUTOPROBE("devices/%s/sriov_drivers_autoprobe"),
        VFS("devices/%s/sriov_numvfs");

        private final String file;

        Kind(String file) {
            this.file = file;
        }
    }

    String path() {
        return BUS + kind.file.formatted(subject);
    }

    /** As printf of a shell would write it. */
    @Override
    public String toString() {
        String escaped = text.replace("\\", "\\\\").replace("\0", "\\0").replace("\n", "\\n");
        String shown = escaped.length() <= SHOWN ? escaped
                : escaped.substring(0, SHOWN) + "… (" + text.length() + " characters)";
        return "printf '%s' >%s".formatted(shown, path());
    }
}
