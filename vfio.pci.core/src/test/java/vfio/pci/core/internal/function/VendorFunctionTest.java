// SPDX-License-Identifier: Apache-2.0
package vfio.pci.core.internal.function;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import vfio.core.Errno;
import vfio.core.VfioException;
import vfio.core.device.DeviceHandle;
import vfio.core.device.RegionOperations;
import vfio.core.info.DeviceInfo;
import vfio.core.info.InfoCapability;
import vfio.core.info.RegionInfo;
import vfio.pci.core.Opening;
import vfio.pci.core.VfioPciDevice;
import vfio.pci.core.VfioPciOperations;
import vfio.pci.core.fake.FakeCard;

/** What a vendor's driver adds to a raw function, wraps and claims. */
class VendorFunctionTest {
    private final FakeCard function = new FakeCard();
    private final BoundFunction bound = new BoundFunction(function, Vendor::new);

    @AfterEach
    void end() {
        bound.close();
    }

    private static Errno errno(Runnable act) {
        return assertThrows(VfioException.class, act::run).errno();
    }

    /** What a vendor adds and wraps. */
    private static final class Vendor extends VfioPciOperations {
        private Vendor(VfioPciDevice device) {
            super(device);
        }

        @Override
        protected void openDevice(Opening opening) {
            assertEquals(9, opening.addRegion(VfioPciDevice.PCI_VENDOR_TYPE | 0x8086, 1, opRegion()));
            opening.claimConfig(0xfc, (byte) 1, (byte) 2, (byte) 3, (byte) 4);
        }

        @Override
        public RegionOperations region(int index) {
            RegionOperations core = super.region(index);
            return index != 0 ? core : new RegionOperations() {
                @Override
                public long size() {
                    return core.size() / 2;
                }

                @Override
                public long read(long position, int width) {
                    return position == 0 ? 0x4711 : core.read(position, width);
                }

                @Override
                public void write(long position, int width, long value) {
                    core.write(position, width, value);
                }
            };
        }

        @Override
        public int offsetShift() {
            return 48;
        }

        @Override
        protected List<InfoCapability> infoCapabilities() {
            return List.of(new InfoCapability(1, 2, new byte[40]));
        }
    }

    private static RegionOperations opRegion() {
        return new RegionOperations() {
            @Override
            public long size() {
                return 8192;
            }

            @Override
            public int flags() {
                return RegionInfo.READ;
            }

            @Override
            public long read(long position, int width) {
                return 0x77;
            }

            @Override
            public void write(long position, int width, long value) {
                throw new AssertionError();
            }
        };
    }

    @Test
    @Tag("C2-5")
    @Tag("C3-14")
    @Tag("C3-15")
    @Tag("C3-19")
    @Tag("C3-20")
    @Tag("C3-24")
    @Tag("C3-28")
    @Tag("C4-31")
    @Tag("C4-38")
    void vendorAddsRegionsReplacesOperationsAndClaimsConfig() {
        DeviceHandle handle = bound.open();
        assertEquals(10, handle.info().regions());
        assertTrue((handle.info().flags() & DeviceInfo.CAPS) != 0);
        RegionInfo added = handle.regionInfo(9);
        assertEquals(9L << 48, added.offset());
        assertEquals(RegionInfo.CAP_TYPE, added.capabilities().get(0).id());
        assertEquals(0x80008086, added.capabilities().get(0).payload().getInt(0));
        assertEquals(1, added.capabilities().get(0).payload().getInt(4));
        assertEquals(0x77, handle.region(9).read8(5));
        assertEquals(Errno.EINVAL, errno(() -> handle.region(9).write8(0, (byte) 0)));
        assertEquals(Errno.EINVAL, errno(() -> handle.map(9)));
        assertEquals(4096, handle.regionInfo(0).size());
        assertEquals(0x4711, handle.region(0).read32(0));
        handle.region(0).write32(4, 5);
        assertEquals(5, handle.region(0).read32(4));
        assertEquals(0x04030201, handle.region(7).read32(0xfc));
        handle.close();
        assertEquals(10, bound.open().info().regions());
    }
}
