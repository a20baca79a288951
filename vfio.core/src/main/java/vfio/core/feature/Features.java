// SPDX-License-Identifier: Apache-2.0
package vfio.core.feature;

import java.nio.ByteBuffer;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeMap;
import java.util.UUID;
import java.util.function.Consumer;
import java.util.function.Function;
import vfio.core.Errno;
import vfio.core.EventSignal;
import vfio.core.VfioException;

/**
 * The features of one device, by number. Whoever makes the device's operations begins with {@link #NONE} and puts in what
 * the core, the bus and then the driver have; a later one replaces an earlier one of the same number.
 *
 * <p>A device that another side virtualizes, such as the host's kernel, has that side's features: a request goes there
 * first, and only what is missing there, ENOTTY, is looked for here.
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
    public static final Features NONE = new Features(Map.of(), null);

    private static final int OPERATIONS = FeatureRequest.GET | FeatureRequest.SET;

    private final Map<Integer, Feature> table;
    /** Null where no other side has the device. */
    private final Function<FeatureRequest, FeatureReply> other;

    private Features(Map<Integer, Feature> table, Function<FeatureRequest, FeatureReply> other) {
        this.table = Map.copyOf(table);
        this.other = other;
    }

    /** Makes PCI_VF_TOKEN of a device that has VFs. */
    public static Features vfToken(Consumer<UUID> set) {
        return BusFeatures.vfToken(set);
    }

    /**
     * Makes LOW_POWER_ENTRY, LOW_POWER_ENTRY_WITH_WAKEUP and LOW_POWER_EXIT of a bus that lets a device sleep.
     *
     * @param enter lets the device suspend from now on; an access of its user resumes the device for as long as the access
     *     takes. Gets the signal for when the device has resumed by itself and has left low power so; null for none. Throws
     *     EINVAL where the device may suspend already
     * @param exit keeps the device awake; does nothing where it never entered low power
     */
    public static Features lowPower(Consumer<EventSignal> enter, Runnable exit) {
        return BusFeatures.lowPower(enter, exit);
    }

    /** Makes BUS_MASTER of a bus where it is no register. */
    public static Features busMaster(Consumer<Boolean> set) {
        return BusFeatures.busMaster(set);
    }

    /**
     * The features of another side.
     *
     * @param other has each request as it came, unchecked; throws ENOTTY for a feature that is not there, else its own errno
     */
    public static Features forwarded(Function<FeatureRequest, FeatureReply> other) {
        return new Features(Map.of(), Objects.requireNonNull(other));
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
        return new Features(more, other);
    }

    /** These features and those of {@code later}, which win; before both comes the other side. */
    public Features with(Features later) {
        Map<Integer, Feature> more = new TreeMap<>(table);
        more.putAll(later.table);
        return new Features(more, later.other == null ? other : later.other);
    }

    /** Tells whether a feature of this number is answered here, whatever the other side has. */
    public boolean has(int number) {
        return table.containsKey(number);
    }

    /** Returns the first number that these features have and others lack, or have with fewer operations. */
    public Optional<Integer> lacking(Features others) {
        return table.keySet().stream().sorted().filter(number -> {
            Feature other = others.table.get(number);
            return other == null || (table.get(number).operations() & ~other.operations()) != 0;
        }).findFirst();
    }

    /**
     * Whether the other side has a feature, by a probe. One that does not answer that counts as there: nothing is put in its
     * place.
     *
     * @param operation {@link FeatureRequest#GET} or {@link FeatureRequest#SET}
     */
    public boolean forwards(int number, int operation) {
        try {
            return forward(new FeatureRequest(FeatureRequest.HEADER, FeatureRequest.PROBE | operation | number,
                    ByteBuffer.allocate(0), null)).isPresent();
        } catch (VfioException e) {
            return true;
        }
    }

    /**
     * Answers a request: {@link #forward}, else {@link #answer}.
     *
     * @throws VfioException as those
     */
    public FeatureReply dispatch(FeatureRequest request) {
        return forward(request).orElseGet(() -> answer(request));
    }

    /**
     * Has the other side answer a request.
     *
     * @return empty where there is no other side, or it has no such feature (ENOTTY)
     * @throws VfioException the other side's; EIO where it does not keep to what it is asked
     */
    public Optional<FeatureReply> forward(FeatureRequest request) {
        if (other == null) {
            return Optional.empty();
        }
        FeatureReply reply;
        try {
            reply = other.apply(request);
        } catch (VfioException e) {
            if (e.errno() == Errno.ENOTTY) {
                return Optional.empty();
            }
            throw e;
        } catch (RuntimeException e) {
            throw request.refused(Errno.EIO, "the other side's bus threw " + e.getClass().getName());
        }
        long most = Math.max(request.room(), request.payload().remaining());
        if (reply == null || reply.payload().remaining() > most) {
            throw lie(request, "the other side", reply);
        }
        return Optional.of(reply);
    }

    /**
     * Answers a request from here, after the checks of vfio_ioctl_device_feature (drivers/vfio/vfio_main.c) and
     * vfio_check_feature (include/linux/vfio.h) in their order. A probe answers with the payload as it came.
     *
     * @throws VfioException EINVAL where argsz is below 8, a flag is unknown, or GET and SET come together without PROBE;
     *     ENOTTY where the device has no such feature; EINVAL where the feature has no such operation, none is asked for, or
     *     argsz is too small for the payload; else what the feature answered
     */
    public FeatureReply answer(FeatureRequest request) {
        refuseMalformed(request);
        Feature feature = table.get(request.number());
        if (feature == null) {
            throw request.refused(Errno.ENOTTY, other == null ? "the device has no such feature"
                    : "the other side has no such feature, and the driver here adds none");
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
        FeatureReply reply = feature.answer().apply(request);
        if (reply == null || request.gets() && reply.payload().remaining() > request.room()) { // it may be a driver's own
            throw lie(request, "the driver", reply);
        }
        return reply;
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

    private static VfioException lie(FeatureRequest request, String who, FeatureReply reply) {
        return request.refused(Errno.EIO, who + " answered with "
                + (reply == null ? "nothing" : reply.payload().remaining() + " bytes"));
    }
}
