// SPDX-License-Identifier: Apache-2.0
package vfio.hardware.linux.device;

import java.util.Optional;
import vfio.core.VfioException;
import vfio.core.dma.DmaSpace;
import vfio.os.Fd;

/** What an open device hangs on, from its open to its close: it reaches memory by that, and is ours by that. */
interface Attachment {

    /** @throws VfioException EOPNOTSUPP where nothing translates its addresses */
    DmaSpace dma();

    /** The group by which it was opened; empty where it was opened by itself, and its iommufd says what is ours. */
    Optional<Fd> group();

    /** Its file is closed. */
    void closed();
}
