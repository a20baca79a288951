// SPDX-License-Identifier: Apache-2.0
package com.example.edu;

import vfio.core.device.RegionOperations;
import vfio.pci.core.Opening;
import vfio.pci.core.VfioPciDevice;
import vfio.pci.core.VfioPciOperations;

/** The operations of an edu device: the core's, but for the open. */
final class EduOperations extends VfioPciOperations {
    private static final int LIVENESS = 0x04;
    private static final int FACTORIAL = 0x08;
    private static final int STATUS = 0x20;
    private static final int ACKNOWLEDGE = 0x64;
    private static final int DMA_SOURCE = 0x80;
    private static final int DMA_DESTINATION = 0x88;
    private static final int DMA_COUNT = 0x90;
    private static final long ALL_BITS = 0xffff_ffffL;

    EduOperations(VfioPciDevice device) {
        super(device);
    }

    /** Clears what the last user has left in the registers: the device has no reset by which the core could. */
    @Override
    protected void openDevice(Opening opening) {
        RegionOperations registers = region(0);
        registers.write(STATUS, Integer.BYTES, 0);
        registers.write(ACKNOWLEDGE, Integer.BYTES, ALL_BITS);
        registers.write(LIVENESS, Integer.BYTES, ALL_BITS); // reads the inverse
        registers.write(FACTORIAL, Integer.BYTES, 0); // computes 0!, which is 1
        for (int register : new int[] {DMA_SOURCE, DMA_DESTINATION, DMA_COUNT}) {
            registers.write(register, Long.BYTES, 0);
        }
    }
}
