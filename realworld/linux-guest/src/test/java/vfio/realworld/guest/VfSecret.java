// SPDX-License-Identifier: Apache-2.0
package vfio.realworld.guest;

import java.util.UUID;

/** The secret of a PF's user, behind a function's name. */
final class VfSecret {
    static final String RIGHT = token(0x4712);
    static final String WRONG = token(0x4713);

    private VfSecret() {
    }

    private static String token(long low) {
        return " vf_token=" + new UUID(0x4711, low);
    }
}
