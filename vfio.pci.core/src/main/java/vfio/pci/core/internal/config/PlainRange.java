// SPDX-License-Identifier: Apache-2.0
package vfio.pci.core.internal.config;

/** A range that has no side effect: the permissions alone say what an access does. */
class PlainRange implements ConfigRange {
    final Shadow shadow;

    PlainRange(Shadow shadow) {
        this.shadow = shadow;
    }

    @Override
    public int read(int position, int width) {
        return shadow.read(position, width);
    }

    @Override
    public void write(int position, int width, int value) {
        shadow.write(position, width, value);
    }
}
