// SPDX-License-Identifier: Apache-2.0
package vfio.deploy.internal;

/** The refusal of a file, with a sentence for the operator. */
final class JarRefusal extends Exception {
    private static final long serialVersionUID = 1L;

    JarRefusal(String reason) {
        super(PlainText.plain(reason), null, false, false);
    }
}
