// SPDX-License-Identifier: Apache-2.0
package vfio.deploy.internal;

/** Why a file is not taken, as a sentence for the operator. */
final class Refusal extends Exception {
    private static final long serialVersionUID = 1L;

    Refusal(String reason) {
        super(Text.plain(reason), null, false, false);
    }
}
