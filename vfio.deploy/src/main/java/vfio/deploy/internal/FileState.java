// SPDX-License-Identifier: Apache-2.0
package vfio.deploy.internal;

import java.util.Locale;

/** The state of a file; the words are explained at {@link vfio.deploy.DeployAdmin}. */
enum FileState {
    ACTIVE, SUPERSEDED, DUPLICATE, REFUSED, UNRESOLVED, FAILED, WAITING, HELD;

    /** Returns the word of the state in output. */
    String text() {
        return name().toLowerCase(Locale.ROOT);
    }
}
