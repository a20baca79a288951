// SPDX-License-Identifier: Apache-2.0
package vfio.testkit;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import vfio.core.EventSignal;
import vfio.core.IrqRequest;
import vfio.core.info.IrqInfo;
import vfio.pci.core.VfioPciDevice;

/** Drivers of which one interrupt is wrong. */
final class WrongInterrupts {
    private static final int MSI = 1;

    private WrongInterrupts() {
    }

    /** Tells of more MSI vectors than there are. */
    static final class Boasts extends Sound {
        Boasts(VfioPciDevice device) {
            super(device);
        }

        @Override
        public IrqInfo irqInfo(int index) {
            IrqInfo info = super.irqInfo(index);
            return index == MSI ? new IrqInfo(index, info.flags(), 16) : info;
        }
    }

    /** Wires the vectors of one index the wrong way round. */
    static final class Swaps extends Sound {
        private final int swapped;

        Swaps(VfioPciDevice device, int swapped) {
            super(device);
            this.swapped = swapped;
        }

        @Override
        public int setIrqs(IrqRequest request) {
            if (request.index() != swapped || request.data() != IrqRequest.DATA_EVENTFD) {
                return super.setIrqs(request);
            }
            List<EventSignal> signals = new ArrayList<>(request.signals());
            Collections.reverse(signals);
            return super.setIrqs(IrqRequest.trigger(swapped, request.start(), signals.toArray(EventSignal[]::new)));
        }
    }

    static final class NeverUnmasks extends Sound {
        NeverUnmasks(VfioPciDevice device) {
            super(device);
        }

        @Override
        public int setIrqs(IrqRequest request) {
            return request.action() == IrqRequest.ACTION_UNMASK ? 0 : super.setIrqs(request);
        }
    }

    /** Keeps messages wired. */
    static final class NeverDisables extends Sound {
        NeverDisables(VfioPciDevice device) {
            super(device);
        }

        @Override
        public int setIrqs(IrqRequest request) {
            return request.index() != 0 && request.count() == 0 ? 0 : super.setIrqs(request);
        }
    }
}
