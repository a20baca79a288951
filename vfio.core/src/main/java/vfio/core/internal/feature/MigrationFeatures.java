// SPDX-License-Identifier: Apache-2.0
package vfio.core.internal.feature;

import java.nio.ByteBuffer;
import java.util.Optional;
import vfio.core.feature.Feature;
import vfio.core.feature.FeatureReply;
import vfio.core.feature.FeatureRequest;
import vfio.core.feature.Features;
import vfio.core.migration.Migration;
import vfio.core.migration.MigrationState;
import vfio.core.migration.MigrationStream;

/** MIGRATION, MIG_DEVICE_STATE and MIG_DATA_SIZE of a device that migrates; one that does not has none of them. */
public final class MigrationFeatures {
    /** {@code struct vfio_device_feature_mig_state}: u32 device_state, s32 data_fd. */
    private static final int STATE_SIZE = 8;

    private MigrationFeatures() {
    }

    /** Of the device whose migration this is. */
    public static Features of(Migration migration) {
        return Features.NONE
                .with(Features.MIGRATION, Feature.get("MIGRATION", Long.BYTES,
                        request -> FeatureReply.of(migration.flags().bits())))
                .with(Features.MIG_DEVICE_STATE, new Feature("MIG_DEVICE_STATE", FeatureRequest.GET | FeatureRequest.SET,
                        STATE_SIZE, request -> request.gets() ? state(migration.state(), Optional.empty())
                                : set(migration, request)))
                .with(Features.MIG_DATA_SIZE, Feature.get("MIG_DATA_SIZE", Long.BYTES,
                        request -> FeatureReply.of(migration.stopCopyLength())));
    }

    private static FeatureReply set(Migration migration, FeatureRequest request) {
        MigrationState wanted = MigrationState.of(request.input(STATE_SIZE).getInt());
        return state(wanted, migration.set(wanted));
    }

    private static FeatureReply state(MigrationState state, Optional<MigrationStream> stream) {
        ByteBuffer payload = FeatureReply.bytes(STATE_SIZE);
        payload.putInt(state.ordinal()).putInt(stream.isPresent() ? 0 : -1).flip();
        return new FeatureReply(payload, stream.orElse(null));
    }
}
