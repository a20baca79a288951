// SPDX-License-Identifier: Apache-2.0
package vfio.core.feature;

import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import vfio.core.Errno;
import vfio.core.VfioException;

/**
 * The features of one device, by number. Whoever makes the device's operations begins with {@link #NONE} and puts in what
 * the core, the bus and then the driver have; a later one replaces an earlier one of the same number.
 */
public final class Features {
    public static final int PCI_VF_TOKEN = 0;
    public static final int MIGRATION = 1;
    public static final int MIG_DEVICE_STATE = 2;
    public static final int LOW_POWER_ENTRY = 3;
    public static final int LOW_POWER_ENTRY_WITH_WAKEUP = 4;
    public static final int LOW_POWER_EXIT = 5;
    public static final int DMA_LOGGING_START = 6;
    public static final int DMA_LOGGING_STOP = 7;
    public static final int DMA_LOGGING_REPORT = 8;
    public static final int MIG_DATA_SIZE = 9;
    public static final int BUS_MASTER = 10;
    /** Not offered here. */
    public static final int DMA_BUF = 11;

    /** A device without features. */
    public static final Features NONE = new Features(Map.of());

    private static final int OPERATIONS = FeatureRequest.GET | FeatureRequest.SET;

    private final Map<Integer, Feature> table;

    private Features(Map<Integer, Feature> table) {
        this.table = Map.copyOf(table);
    }

    /**
     * These features and one more.
     *
     * @param number 0 to 65535
     */
    public Features with(int number, Feature feature) {
        if (number < 0 || number > FeatureRequest.MASK) {
            throw new IllegalArgumentException("feature number " + number);
        }
        Map<Integer, Feature> more = new TreeMap<>(table);
        more.put(number, Objects.requireNonNull(feature));
        return new Features(more);
    }

    /** These features and those of {@code later}, which win. */
    public Features with(Features later) {
        Map<Integer, Feature> more = new TreeMap<>(table);
        more.putAll(later.table);
        return new Features(more);
    }

    /**
     * Answers a request, after the checks of vfio_ioctl_device_feature (drivers/vfio/vfio_main.c) and vfio_check_feature
     * (include/linux/vfio.h) in their order. A probe answers with the payload as it came.
     *
     * @throws VfioException EINVAL where argsz is below 8, a flag is unknown, or GET and SET come together without PROBE;
     *     ENOTTY where the device has no such feature; EINVAL where the feature has no such operation, none is asked for, or
     *     argsz is too small for the payload; else what the feature answered
     */
    public FeatureReply dispatch(FeatureRequest request) {
        refuseMalformed(request);
        Feature feature = table.get(request.number());
        if (feature == null) {
            throw request.refused(Errno.ENOTTY, "the device has no such feature");
        }
        int asked = request.flags() & OPERATIONS;
        if ((asked & ~feature.operations()) != 0) {
            throw request.refused(Errno.EINVAL, feature.name() + " can only be "
                    + (feature.operations() == FeatureRequest.GET ? "got" : "set"));
        }
        if ((request.flags() & FeatureRequest.PROBE) != 0) {
            return FeatureReply.same(request);
        }
        if (asked == 0) {
            throw request.refused(Errno.EINVAL, "neither GET nor SET nor PROBE is asked for");
        }
        if (request.room() < feature.size()) {
            throw request.refused(Errno.EINVAL, feature.name() + " has " + feature.size() + " bytes of payload");
        }
        return checked(request, feature, feature.answer().apply(request));
    }

    private static void refuseMalformed(FeatureRequest request) {
        if (request.room() < 0) {
            throw request.refused(Errno.EINVAL, "argsz must be 8 at least");
        }
        if ((request.flags() & ~(FeatureRequest.MASK | OPERATIONS | FeatureRequest.PROBE)) != 0) {
            throw request.refused(Errno.EINVAL, "a flag is not known");
        }
        if ((request.flags() & (OPERATIONS | FeatureRequest.PROBE)) == OPERATIONS) {
            throw request.refused(Errno.EINVAL, "GET and SET come together only with PROBE");
        }
    }

    /** A feature may be a driver's own. */
    private static FeatureReply checked(FeatureRequest request, Feature feature, FeatureReply reply) {
        if (reply == null || request.gets() && reply.payload().remaining() > request.room()) {
            throw request.refused(Errno.EIO, "the driver answered " + feature.name() + " with "
                    + (reply == null ? "nothing" : reply.payload().remaining() + " bytes"));
        }
        return reply;
    }
}
