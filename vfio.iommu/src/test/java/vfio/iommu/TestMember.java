// SPDX-License-Identifier: Apache-2.0
package vfio.iommu;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import vfio.core.Errno;
import vfio.core.VfioException;
import vfio.core.device.DeviceHandle;
import vfio.core.device.DeviceSet;
import vfio.core.device.VfioDevice;
import vfio.core.device.VfioOperations;
import vfio.core.device.VfioUser;
import vfio.core.driver.DriverWorker;
import vfio.core.info.DeviceInfo;

/** A device of a bus that has nothing to do with PCI, open to every fault. */
final class TestMember implements GroupMember, AutoCloseable {
    static final VfioUser USER = VfioUser.named("test");

    final List<DmaFault> faults = new CopyOnWriteArrayList<>();
    final DmaEndpoint endpoint;
    final VfioDevice device;
    Use use = Use.VFIO;
    boolean foreign;
    boolean pasids;
    Errno openFails;
    int opens;
    int closes;
    private final DriverWorker worker = new DriverWorker("acme", fault -> { });

    TestMember(String name) {
        this(name, DmaTraits.USUAL);
    }

    TestMember(String name, DmaTraits traits) {
        endpoint = new DmaEndpoint(name, traits, faults::add);
        device = new VfioDevice(name, new DeviceSet.Registry(), name, new Operations(), worker, Duration.ofSeconds(10),
                () -> { });
    }

    private final class Operations extends VfioOperations {
        @Override
        public void openDevice() {
            if (openFails != null) {
                throw new VfioException(openFails, "open: told to fail");
            }
            opens++;
        }

        @Override
        public void closeDevice() {
            closes++;
        }

        @Override
        public DeviceInfo info() {
            return new DeviceInfo(DeviceInfo.PLATFORM, 0, 0, List.of());
        }
    }

    @Override
    public String name() {
        return device.name();
    }

    @Override
    public DmaEndpoint endpoint() {
        return endpoint;
    }

    @Override
    public Use use() {
        return use;
    }

    @Override
    public boolean inForeignDomain() {
        return foreign;
    }

    @Override
    public boolean usesPasids() {
        return pasids;
    }

    /** One option, {@code token=yes}; any other is refused as the kernel refuses those of a VF. */
    @Override
    public boolean matches(String text) {
        String[] words = text.split(" ", 2);
        if (words[0].equals(name()) && words.length > 1 && !words[1].equals("token=yes")) {
            throw new VfioException(words[1].startsWith("token=") ? Errno.EACCES : Errno.EINVAL, "open " + text);
        }
        return words[0].equals(name());
    }

    @Override
    public DeviceHandle open(String text, VfioUser user) {
        return device.open(user);
    }

    @Override
    public DeviceHandle openDirect(VfioUser user) {
        return device.openDirect(user);
    }

    @Override
    public void close() {
        worker.close();
    }
}
