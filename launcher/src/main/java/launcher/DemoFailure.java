// SPDX-License-Identifier: Apache-2.0
package launcher;

/** A step of the demo whose outcome is not what it shows. */
final class DemoFailure extends Exception {
    private static final long serialVersionUID = 1L;

    DemoFailure(String message) {
        super(message);
    }
}
