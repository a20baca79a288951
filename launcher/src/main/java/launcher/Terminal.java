// SPDX-License-Identifier: Apache-2.0
package launcher;

import vfio.admin.control.Request;

/**
 * The terminal, if any, that the output goes to.
 *
 * @param width columns, 0 where unknown
 * @param present whether it is a terminal
 * @param ascii whether it is a terminal whose locale has another character set than UTF-8
 */
record Terminal(int width, boolean present, boolean ascii) {
    static final Terminal NONE = new Terminal(0, false, false);

    /** Returns the terminal as the script found it: the JVM itself cannot tell the width, and is given another locale. */
    static Terminal ofThisProcess() {
        Integer width = Integer.getInteger("vfio.width", 0);
        return new Terminal(width < 0 || width > Request.WIDEST ? 0 : width, Boolean.getBoolean("vfio.terminal"),
                Boolean.getBoolean("vfio.ascii"));
    }
}
