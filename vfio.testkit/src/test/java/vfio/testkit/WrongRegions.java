// SPDX-License-Identifier: Apache-2.0
package vfio.testkit;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
import vfio.core.Errno;
import vfio.core.VfioException;
import vfio.core.device.RegionOperations;
import vfio.core.info.InfoCapability;
import vfio.core.info.RegionPart;
import vfio.core.info.SparseMmap;
import vfio.pci.core.Opening;
import vfio.pci.core.PciBinding;
import vfio.pci.core.VfioPciDevice;
import vfio.pci.core.id.RegionIndex;

/** Drivers of which one region is wrong, or its reset. */
final class WrongRegions {
    private static final int BAR_2 = 2;
    private static final int COMMAND = 4;

    private WrongRegions() {
    }

    /** A sound driver with one region changed. */
    private static PciBinding with(VfioPciDevice device, int changed, Function<RegionOperations, RegionOperations> change) {
        return new Sound(device) {
            @Override
            public RegionOperations region(int index) {
                RegionOperations region = super.region(index);
                return index == changed ? change.apply(region) : region;
            }
        };
    }

    static PciBinding hidesIds(VfioPciDevice device) {
        return with(device, RegionIndex.CONFIG, config -> new Wrapped(config) {
            @Override
            public long read(long position, int width) {
                return position == 0 ? super.read(position, width) | 0xffff : super.read(position, width);
            }
        });
    }

    static PciBinding cutsBar(VfioPciDevice device) {
        return with(device, 0, bar -> new Wrapped(bar) {
            @Override
            public long size() {
                return 100;
            }
        });
    }

    static PciBinding cutsConfig(VfioPciDevice device) {
        return with(device, RegionIndex.CONFIG, config -> new Wrapped(config) {
            @Override
            public boolean whole() {
                return false;
            }
        });
    }

    static PciBinding mapsOutside(VfioPciDevice device) {
        return with(device, BAR_2, bar -> telling(bar, new RegionPart(0xff000, 8192)));
    }

    static PciBinding mapsNothing(VfioPciDevice device) {
        return with(device, Sound.VENDOR_REGION, region -> telling(region, new RegionPart(0, 4096)));
    }

    /** With areas to map. */
    private static RegionOperations telling(RegionOperations region, RegionPart area) {
        return new Wrapped(region) {
            @Override
            public List<InfoCapability> capabilities() {
                List<InfoCapability> all = new ArrayList<>(super.capabilities());
                all.add(new SparseMmap(area).capability());
                return all;
            }
        };
    }

    static PciBinding hasHoles(VfioPciDevice device) {
        return with(device, Sound.VENDOR_REGION, region -> new Wrapped(region) {
            @Override
            public long read(long position, int width) {
                if (position >= 2048) {
                    throw new IndexOutOfBoundsException();
                }
                return super.read(position, width);
            }
        });
    }

    static PciBinding wholeBar(VfioPciDevice device) {
        return with(device, BAR_2, bar -> new Wrapped(bar) {
            @Override
            public boolean whole() {
                return true;
            }
        });
    }

    static PciBinding forOneReader(VfioPciDevice device) {
        AtomicInteger inside = new AtomicInteger();
        return with(device, Sound.VENDOR_REGION, region -> new Wrapped(region) {
            @Override
            public long read(long position, int width) {
                if (inside.incrementAndGet() > 1) {
                    throw new IllegalStateException("one at a time");
                }
                Thread.yield();
                inside.decrementAndGet();
                return super.read(position, width);
            }
        });
    }

    static PciBinding forgetsType(VfioPciDevice device) {
        return with(device, Sound.VENDOR_REGION, region -> new Wrapped(region) {
            @Override
            public List<InfoCapability> capabilities() {
                return List.of();
            }
        });
    }

    static PciBinding forgetsRelease(VfioPciDevice device) {
        return with(device, Sound.VENDOR_REGION, region -> new Wrapped(region) {
            @Override
            public void release() {
                // forgotten: super.release()
            }
        });
    }

    static final class ClaimsSubsystem extends Sound {
        ClaimsSubsystem(VfioPciDevice device) {
            super(device);
        }

        @Override
        protected void openDevice(Opening opening) {
            opening.claimConfig(0x2c, (byte) 0x86, (byte) 0x80);
            super.openDevice(opening);
        }
    }

    static final class ClaimsCommand extends Sound {
        ClaimsCommand(VfioPciDevice device) {
            super(device);
        }

        @Override
        protected void openDevice(Opening opening) {
            opening.claimConfig(COMMAND, (byte) 3, (byte) 0);
            super.openDevice(opening);
        }
    }

    static final class NoReset extends Sound {
        NoReset(VfioPciDevice device) {
            super(device);
        }

        @Override
        public void reset() {
            throw new VfioException(Errno.ENOTTY, "reset: not yet");
        }
    }

    static final class ResetForgets extends Sound {
        ResetForgets(VfioPciDevice device) {
            super(device);
        }

        @Override
        public void reset() {
            super.reset();
            device().function().config().write(COMMAND, 2, 3);
        }
    }

    static final class DiesInReset extends Sound {
        private volatile boolean dead;

        DiesInReset(VfioPciDevice device) {
            super(device);
        }

        @Override
        public void reset() {
            super.reset();
            dead = true;
        }

        @Override
        RegionOperations register() {
            return new Register(this) {
                @Override
                public long read(long position, int width) {
                    if (dead) {
                        throw new IllegalStateException("reset");
                    }
                    return super.read(position, width);
                }
            };
        }
    }
}
