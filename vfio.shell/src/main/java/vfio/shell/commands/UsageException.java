// SPDX-License-Identifier: Apache-2.0
package vfio.shell.commands;

/** Options that can be read but make no sense together. */
public final class UsageException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    public UsageException(String sentence) {
        super(sentence);
    }
}
