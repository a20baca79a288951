// SPDX-License-Identifier: Apache-2.0
package launcher;

/** The failure of a step of the demo, which did not do what it shows. */
final class DemoFailure extends Exception {
    private static final long serialVersionUID = 1L;

    DemoFailure(String message) {
        super(message);
    }
}
