// SPDX-License-Identifier: Apache-2.0
package vfio.shell;

import java.io.PrintWriter;
import java.io.StringWriter;
import vfio.admin.Session;

/** A session whose output is kept. */
final class TestSession implements Session {
    final StringWriter outText = new StringWriter();
    final StringWriter errText = new StringWriter();
    private final PrintWriter out = new PrintWriter(outText);
    private final PrintWriter err = new PrintWriter(errText);
    int width = 80;
    boolean terminal;
    boolean standalone;
    String directory = "/run/vfio";
    volatile boolean cancelled;
    /** How often it is asked whether it is cancelled before it is. */
    int asks = Integer.MAX_VALUE;
    boolean ending;
    Runnable afterwards;

    @Override
    public PrintWriter out() {
        return out;
    }

    @Override
    public PrintWriter err() {
        return err;
    }

    @Override
    public int width() {
        return width;
    }

    @Override
    public boolean terminal() {
        return terminal;
    }

    @Override
    public boolean standalone() {
        return standalone;
    }

    @Override
    public String directory() {
        return directory;
    }

    @Override
    public boolean cancelled() {
        return cancelled || asks-- <= 0;
    }

    @Override
    public boolean ending() {
        return ending;
    }

    @Override
    public void afterwards(Runnable act) {
        afterwards = act;
    }
}
