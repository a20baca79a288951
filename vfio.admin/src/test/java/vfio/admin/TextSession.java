// SPDX-License-Identifier: Apache-2.0
package vfio.admin;

import java.io.PrintWriter;
import java.io.StringWriter;

/** A session of a given width that keeps what is printed. */
final class TextSession implements Session {
    boolean cancelled;
    private final int width;
    private final StringWriter text = new StringWriter();
    private final PrintWriter out = new PrintWriter(text);

    TextSession(int width) {
        this.width = width;
    }

    String text() {
        return text.toString();
    }

    @Override
    public PrintWriter out() {
        return out;
    }

    @Override
    public PrintWriter err() {
        return out;
    }

    @Override
    public int width() {
        return width;
    }

    @Override
    public boolean terminal() {
        return false;
    }

    @Override
    public boolean standalone() {
        return false;
    }

    @Override
    public String directory() {
        return "";
    }

    @Override
    public boolean cancelled() {
        return cancelled;
    }

    @Override
    public void afterwards(Runnable act) {
        throw new AssertionError("no act was expected");
    }
}
