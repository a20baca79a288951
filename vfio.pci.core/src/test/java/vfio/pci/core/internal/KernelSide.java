// SPDX-License-Identifier: Apache-2.0
package vfio.pci.core.internal;

import java.nio.ByteBuffer;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import vfio.core.Errno;
import vfio.core.VfioException;
import vfio.core.feature.FeatureReply;
import vfio.core.feature.FeatureRequest;
import vfio.pci.core.fake.FakeHostDevice;

/** Another side with the features 0 to 9, which checks as the kernel does and does nothing. */
final class KernelSide extends FakeHostDevice {
    private static final int GET = FeatureRequest.GET;
    private static final int SET = FeatureRequest.SET;
    /** By number: operations, then bytes of payload (include/uapi/linux/vfio.h). */
    private static final int[][] FEATURES = {{SET, 16}, {GET, 8}, {GET | SET, 8}, {SET, 0}, {SET, 8}, {SET, 0}, {SET, 24},
            {SET, 0}, {GET, 32}, {GET, 8}};

    final List<FeatureRequest> seen = new CopyOnWriteArrayList<>();
    final Set<Integer> without = new HashSet<>();
    /** A feature more, to be set without payload. */
    int also = -1;
    boolean forwards = true;
    FeatureReply reply;
    Errno fails;
    String lie;
    Runnable onFeature = () -> { };
    volatile int closes;

    /** What the kernel answers where each feature works, null for 0 (drivers/vfio/vfio_main.c). */
    static Errno first(int argsz, int flags) {
        int number = flags & FeatureRequest.MASK;
        int asked = flags & (GET | SET);
        boolean probe = (flags & FeatureRequest.PROBE) != 0;
        if (Integer.compareUnsigned(argsz, 8) < 0 || flags >>> 19 != 0 || asked == (GET | SET) && !probe) {
            return Errno.EINVAL;
        }
        if (number >= FEATURES.length) {
            return Errno.ENOTTY;
        }
        if ((asked & ~FEATURES[number][0]) != 0) {
            return Errno.EINVAL;
        }
        boolean fits = Integer.compareUnsigned(argsz, 8 + FEATURES[number][1]) >= 0;
        return probe || asked != 0 && fits ? null : Errno.EINVAL;
    }

    @Override
    public FeatureReply feature(FeatureRequest request) {
        seen.add(request);
        onFeature.run();
        if (!forwards) {
            return super.feature(request);
        }
        boolean more = request.number() == also;
        Errno errno = fails != null ? fails : without.contains(request.number()) ? Errno.ENOTTY
                : more ? null : first(request.argsz(), request.flags());
        if (errno != null) {
            throw new VfioException(errno, "ioctl VFIO_DEVICE_FEATURE");
        }
        if (lie != null) {
            return lied(request);
        }
        if (reply != null && (request.flags() & FeatureRequest.PROBE) == 0) {
            return reply;
        }
        return new FeatureReply(request.gets() && request.payload().remaining() == 0
                && (request.flags() & FeatureRequest.PROBE) == 0 ? ByteBuffer.wrap(new byte[] {7, 0, 0, 0, 0, 0, 0, 0})
                : request.payload(), null);
    }

    private FeatureReply lied(FeatureRequest request) {
        return switch (lie) {
            case "null" -> null;
            case "long" -> new FeatureReply(ByteBuffer.allocate((int) request.room() + 1), null);
            default -> throw new IllegalStateException("a bus's own");
        };
    }

    @Override
    public void close() {
        closes++;
    }
}
