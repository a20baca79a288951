// SPDX-License-Identifier: Apache-2.0
package vfio.realworld.oracle.config;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.time.Duration;
import java.util.Map;
import java.util.function.LongSupplier;
import vfio.core.VfioException;
import vfio.core.device.DeviceHandle;
import vfio.core.device.RegionOperations;
import vfio.core.device.VfioUser;
import vfio.core.info.DeviceInfo;
import vfio.core.info.IrqInfo;
import vfio.core.info.RegionInfo;
import vfio.os.EventFd;
import vfio.os.Kernel;
import vfio.pci.core.VfioPciOperations;
import vfio.pci.core.id.PciDeviceId;
import vfio.pci.core.id.RegionIndex;
import vfio.pci.core.standalone.StandaloneFunction;
import vfio.pci.core.standalone.StandaloneFunction.Observer;
import vfio.pci.core.standalone.StandaloneFunction.Terms;

/**
 * Two functions of a kind, open from its making to its close: one virtualized by the kernel's vfio-pci, the other by our
 * core over its real configuration space. Numbers that are not negative are answers, others an errno with a minus before it.
 */
final class Pair implements AutoCloseable {
    final SysfsConfigFile kernelsRaw;
    final SysfsFunction hardware;
    private final KernelFunction kernels;
    private final RegionOperations kernelsConfig;
    private final StandaloneFunction bound;
    private final DeviceHandle ours;
    private final EventFd kernelsSignal = Kernel.host().eventFd();
    private final EventFd ourSignal = Kernel.host().eventFd();

    Pair(String kernelFunction, String ourFunction) throws IOException {
        kernels = new KernelFunction(kernelFunction);
        kernelsConfig = kernels.device().region(RegionIndex.CONFIG);
        kernelsRaw = new SysfsConfigFile(kernelFunction);
        hardware = new SysfsFunction(ourFunction);
        bound = StandaloneFunction.bind(hardware, (device, id) -> new VfioPciOperations(device),
                new Terms("oracle", PciDeviceId.MATCH_ALL, Duration.ofSeconds(60), Map.of(), "", Observer.NONE));
        ours = bound.device().open(VfioUser.named("oracle"));
    }

    private static long answer(LongSupplier act) {
        try {
            return act.getAsLong();
        } catch (VfioException e) {
            return -e.errno().number();
        }
    }

    /** The bytes read in {@code target}, and the count or errno answered. */
    long kernelRead(ConfigAccess access, ByteBuffer target) {
        return answer(() -> {
            target.putLong(0, kernelsConfig.read(access.position(), access.width()));
            return access.width();
        });
    }

    long ourRead(ConfigAccess access, ByteBuffer target) {
        target.clear().limit(access.width());
        return answer(() -> ours.region(RegionIndex.CONFIG).read(access.position(), target));
    }

    long kernelWrite(ConfigAccess access) {
        return answer(() -> {
            kernelsConfig.write(access.position(), access.width(), access.value());
            return access.width();
        });
    }

    long ourWrite(ConfigAccess access) {
        ByteBuffer source = ByteBuffer.allocate(Long.BYTES).order(ByteOrder.LITTLE_ENDIAN).putLong(0, access.value());
        source.limit(access.width());
        return answer(() -> ours.region(RegionIndex.CONFIG).write(access.position(), source));
    }

    long kernelIrqs(IrqRequests.Drawn request) {
        return answer(() -> kernels.device().setIrqs(request.with(kernelsSignal)));
    }

    long ourIrqs(IrqRequests.Drawn request) {
        return answer(() -> ours.setIrqs(request.with(ourSignal)));
    }

    /** What the infos of a side say, a line each. */
    private interface Infos {
        DeviceInfo device();

        RegionInfo region(int index);

        IrqInfo irq(int index);

        default String text(LongSupplier number) {
            long answer = answer(number);
            return answer < 0 ? "errno " + -answer : "0x" + Long.toHexString(answer);
        }

        default String regionText(int index) {
            return text(() -> region(index).size()) + " flags " + text(() -> region(index).flags()) + " capabilities "
                    + text(() -> region(index).capabilities().stream().mapToInt(c -> 1 << c.id()).sum());
        }

        default String irqText(int index) {
            return text(() -> irq(index).count()) + " flags " + text(() -> irq(index).flags());
        }

        default String deviceText() {
            return "flags " + text(() -> device().flags()) + " regions " + device().regions() + " interrupts "
                    + device().irqs();
        }
    }

    String[] kernelInfos() {
        return infos(new Infos() {
            @Override
            public DeviceInfo device() {
                return kernels.device().info();
            }

            @Override
            public RegionInfo region(int index) {
                return kernels.regionInfo(index);
            }

            @Override
            public IrqInfo irq(int index) {
                return kernels.device().irqInfo(index);
            }
        });
    }

    String[] ourInfos() {
        return infos(new Infos() {
            @Override
            public DeviceInfo device() {
                return ours.info();
            }

            @Override
            public RegionInfo region(int index) {
                return ours.regionInfo(index);
            }

            @Override
            public IrqInfo irq(int index) {
                return ours.irqInfo(index);
            }
        });
    }

    private static String[] infos(Infos of) {
        String[] lines = new String[17];
        lines[0] = "device " + of.deviceText();
        for (int i = 0; i < 10; i++) {
            lines[1 + i] = "region " + i + " " + of.regionText(i);
        }
        for (int i = 0; i < 6; i++) {
            lines[11 + i] = "interrupt " + i + " " + of.irqText(i);
        }
        return lines;
    }

    /** How many interrupts an index has, by our answer. */
    int irqs(int index) {
        return (int) Math.max(0, answer(() -> ours.irqInfo(index).count()));
    }

    @Override
    public void close() {
        ours.close();
        bound.close();
        kernels.close();
        kernelsRaw.close();
        hardware.close();
        kernelsSignal.close();
        ourSignal.close();
    }
}
