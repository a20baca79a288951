// SPDX-License-Identifier: Apache-2.0
package vfio.hardware.linux.device;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.ToIntFunction;
import vfio.core.Errno;
import vfio.os.call.NativeBytes;
import vfio.os.call.SystemCalls;
import vfio.os.internal.libc.NativeCalls;

/**
 * A kernel's VFIO without hardware: its files are memory of this host's kernel, which does all that is not VFIO's. A device
 * has one BAR of 8 KiB that can be mapped and configuration space.
 */
final class FakeVfio {
    static final String FOLDER = "/fake/vfio";
    private static final int BAR = 8192;

    private final NativeCalls real = new NativeCalls();
    /** What is open, by number. */
    private final Map<Integer, String> open = new TreeMap<>();
    /** What was asked, in order. */
    final List<String> asked = new ArrayList<>();
    /** Signals that the device's interrupts are wired to, by index and number. */
    final Map<String, Integer> wired = new TreeMap<>();
    int groupFlags = VfioAbi.GROUP_VIABLE;
    Errno fails;
    int failing;
    boolean groupBusy;
    /** Whether the kernel has iommufd. */
    boolean iommufd = true;
    /** Reads and writes of configuration space. */
    int configAccesses;
    final FakeDma dma = new FakeDma();
    /** BAR 0 has its second page to map, and nothing else. */
    boolean sparse;
    ToIntFunction<ByteBuffer> onFeature = struct -> -Errno.ENOTTY.number();
    ToIntFunction<ByteBuffer> onHotReset = struct -> -Errno.ENODEV.number();
    /** What reading a migration stream answers instead of bytes. */
    Errno streamFails;

    SystemCalls calls() {
        return (SystemCalls) Proxy.newProxyInstance(FakeVfio.class.getClassLoader(), new Class<?>[] {SystemCalls.class},
                (proxy, method, arguments) -> call(method, arguments));
    }

    /** Names of VFIO's files that are open. */
    synchronized List<String> open() {
        return List.copyOf(open.values());
    }

    private Object call(Method method, Object... arguments) throws Throwable {
        Integer answer = answer(method.getName(), arguments);
        if (answer != null) {
            return answer;
        }
        try {
            return method.invoke(real, arguments); // it may wait, so without a lock
        } catch (InvocationTargetException e) {
            throw e.getCause();
        }
    }

    /** Null where the kernel of this host is to answer. */
    private synchronized Integer answer(String call, Object... arguments) {
        if (call.equals("open")) {
            return opened((String) arguments[0]);
        }
        if (call.equals("ioctl") && open.containsKey(arguments[0])) {
            return ioctl((int) arguments[0], (int) arguments[1], arguments[2]);
        }
        if (call.matches("pread|pwrite") && open.containsKey(arguments[0]) && (long) arguments[4] >= BAR) {
            configAccesses++;
        }
        if (call.equals("read") && streamFails != null && "stream".equals(open.get(arguments[0]))) {
            return -streamFails.number();
        }
        if (call.equals("close")) {
            open.remove(arguments[0]);
        }
        return null;
    }

    private int opened(String path) {
        if (!path.startsWith(FOLDER)) {
            return iommufd && path.equals("/fake/iommu") ? file("iommu") : -Errno.ENOENT.number();
        }
        String name = path.substring(FOLDER.length() + 1);
        if (!name.equals("vfio") && (groupBusy && !name.contains("/") || open.containsValue(name))) {
            return -Errno.EBUSY.number();
        }
        return file(name);
    }

    private int file(String name) {
        int number = real.memfdCreate(name, 1);
        real.ftruncate(number, 2 * BAR);
        open.put(number, name);
        return number;
    }

    private int ioctl(int fd, int request, Object argument) {
        asked.add(open.get(fd) + " " + (request - VfioAbi.GET_API_VERSION));
        if (fails != null && request == failing) {
            return -fails.number();
        }
        ByteBuffer bytes = FakeDma.bytes(argument);
        if (open.get(fd).equals("vfio")) {
            return dma.container(request, bytes);
        }
        if (open.get(fd).equals("iommu")) {
            return dma.iommufd(request, bytes);
        }
        if (request == VfioAbi.GROUP_GET_STATUS) {
            bytes.putInt(4, groupFlags);
        } else if (request == VfioAbi.GROUP_GET_DEVICE_FD) {
            return file("device");
        } else if (request == VfioAbi.DEVICE_GET_INFO) {
            bytes.putInt(4, 2).putInt(8, 9).putInt(12, 5);
        } else if (request == VfioAbi.DEVICE_GET_REGION_INFO) {
            regionInfo(bytes);
        } else if (request == VfioAbi.DEVICE_GET_IRQ_INFO) {
            bytes.putInt(4, 1).putInt(12, 4);
        } else if (request == VfioAbi.DEVICE_SET_IRQS) {
            wire(bytes);
        } else if (request == VfioAbi.DEVICE_FEATURE) {
            return onFeature.applyAsInt(bytes);
        } else if (request == VfioAbi.HOT_RESET_INFO || request == VfioAbi.HOT_RESET) {
            return onHotReset.applyAsInt(bytes);
        } else if (request == VfioAbi.MIG_GET_PRECOPY_INFO) {
            bytes.putLong(8, 7).putLong(16, 9);
        }
        return 0;
    }

    /** A migration stream of so many bytes. */
    int stream(int size) {
        int number = real.memfdCreate("stream", 1);
        real.ftruncate(number, size);
        open.put(number, "stream");
        return number;
    }

    /** What a file of VFIO's is called. */
    String name(int fd) {
        return open.get(fd);
    }

    /** Memory at a pointer that came with a call under way. */
    ByteBuffer memory(long address, int size) {
        return real.mapped(address, size);
    }

    /** BAR 0 has a capability, so that it must be asked for twice. */
    private void regionInfo(ByteBuffer bytes) {
        boolean bar = bytes.getInt(8) == 0;
        int needed = bar ? sparse ? 64 : 40 : 32;
        boolean fits = bytes.getInt(0) >= needed;
        bytes.putInt(0, needed).putInt(4, bar ? 15 : 3).putInt(12, bar && fits ? 32 : 0).putLong(16, bar ? BAR : 256)
                .putLong(24, bar ? 0 : BAR);
        if (bar && fits && sparse) {
            bytes.putShort(32, (short) 1).putShort(34, (short) 1).putInt(36, 0).putInt(40, 1).putLong(48, 4096)
                    .putLong(56, 4096);
        } else if (bar && fits) {
            bytes.putShort(32, (short) 3).putShort(34, (short) 1).putInt(36, 0);
        }
    }

    private void wire(ByteBuffer bytes) {
        int index = bytes.getInt(8);
        int count = bytes.getInt(16);
        if (count == 0) {
            wired.keySet().removeIf(key -> key.startsWith(index + "."));
        }
        for (int i = 0; i < count && (bytes.getInt(4) & 4) != 0; i++) {
            wired.put(index + "." + (bytes.getInt(12) + i), bytes.getInt(20 + 4 * i));
        }
    }

    /** The device's interrupt happens. */
    void raise(String interrupt) {
        NativeBytes one = NativeBytes.allocate(Long.BYTES);
        one.bytes().putLong(0, 1);
        real.write(wired.get(interrupt), one, 0, Long.BYTES);
    }
}
