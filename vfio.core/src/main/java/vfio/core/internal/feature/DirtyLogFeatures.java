// SPDX-License-Identifier: Apache-2.0
package vfio.core.internal.feature;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import vfio.core.Errno;
import vfio.core.dirty.DirtyLog;
import vfio.core.dirty.DirtyPages;
import vfio.core.feature.Feature;
import vfio.core.feature.FeatureReply;
import vfio.core.feature.FeatureRequest;
import vfio.core.feature.Features;
import vfio.core.iova.DirtyBitmap;
import vfio.core.iova.IovaRange;

/** The three DMA_LOGGING features of a device that logs what it writes; one that does not has none of them. */
public final class DirtyLogFeatures {
    /** {@code struct vfio_device_feature_dma_logging_control}; the ranges stand where the kernel has a pointer to them. */
    private static final int CONTROL_SIZE = 24;
    private static final int RANGES_OFFSET = 16;
    private static final int RANGE_SIZE = 16;
    /** {@code struct vfio_device_feature_dma_logging_report} in the kernel, whose pointer the bitmap replaces. */
    private static final int REPORT_SIZE = 32;
    private static final int BITMAP_OFFSET = 24;

    private DirtyLogFeatures() {
    }

    /** Of the device whose log this is. */
    public static Features of(DirtyPages pages) {
        return Features.NONE
                .with(Features.DMA_LOGGING_START, new Feature("DMA_LOGGING_START", FeatureRequest.SET, CONTROL_SIZE,
                        request -> start(pages, request)))
                .with(Features.DMA_LOGGING_STOP, Feature.set("DMA_LOGGING_STOP", 0, request -> pages.stop()))
                .with(Features.DMA_LOGGING_REPORT, Feature.get("DMA_LOGGING_REPORT", REPORT_SIZE,
                        request -> report(pages, request)));
    }

    /** u64 page_size, u32 num_ranges, u32 reserved, num_ranges times u64 iova and u64 length; the page size is answered. */
    private static FeatureReply start(DirtyPages pages, FeatureRequest request) {
        ByteBuffer control = request.input(RANGES_OFFSET);
        long pageSize = control.getLong(0);
        long actual = pages.start(pageSize, ranges(request, control.getInt(Long.BYTES)));
        ByteBuffer reply = FeatureReply.bytes(control.remaining());
        reply.put(control).rewind();
        return new FeatureReply(reply.putLong(0, actual), null);
    }

    /** As many as are counted, but no more than make it too many. */
    private static List<IovaRange> ranges(FeatureRequest request, int count) {
        if (Integer.compareUnsigned(count, DirtyLog.MAX_RANGES) > 0) {
            throw request.refused(Errno.E2BIG, Integer.toUnsignedString(count) + " ranges; " + DirtyLog.MAX_RANGES
                    + " are the most");
        }
        ByteBuffer bytes = request.input(RANGES_OFFSET + RANGE_SIZE * (long) count).position(RANGES_OFFSET);
        List<IovaRange> ranges = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            ranges.add(IovaRange.of(bytes.getLong(), bytes.getLong()));
        }
        return ranges;
    }

    /** u64 iova, u64 length, u64 page_size; the answer goes on with the bitmap, in words of 64 bits. */
    private static FeatureReply report(DirtyPages pages, FeatureRequest request) {
        ByteBuffer asked = request.input(BITMAP_OFFSET);
        long iova = asked.getLong(0);
        long length = asked.getLong(8);
        long pageSize = asked.getLong(16);
        long size = BITMAP_OFFSET + (long) new DirtyBitmap(iova, length, pageSize).size();
        if (request.room() < size) { // before the log is read, which clears it
            throw request.refused(Errno.EINVAL, "the report has " + size + " bytes");
        }
        DirtyBitmap report = pages.report(iova, length, pageSize);
        ByteBuffer reply = FeatureReply.bytes((int) size);
        reply.putLong(iova).putLong(length).putLong(pageSize).put(report.words()).flip();
        return new FeatureReply(reply, null);
    }
}
