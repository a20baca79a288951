// SPDX-License-Identifier: Apache-2.0
package vfio.admin.internal;

import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.OutputStreamWriter;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import vfio.admin.Session;

/** A client of the control socket as a command sees it. Lives for one request. */
final class ControlSession implements Session {
    private static final int FRAME = 16 * 1024;

    private final Connection connection;
    private final Request request;
    private final RunDirectory directory;
    private final PrintWriter out;
    private final PrintWriter err;
    private Runnable afterwards;

    ControlSession(Connection connection, Request request, RunDirectory directory) {
        this.connection = connection;
        this.request = request;
        this.directory = directory;
        out = writer(Connection.OUT);
        err = writer(Connection.ERR);
    }

    private PrintWriter writer(byte kind) {
        OutputStream frames = new OutputStream() {
            @Override
            public void write(int b) throws IOException {
                write(new byte[] {(byte) b}, 0, 1);
            }

            @Override
            public void write(byte[] bytes, int offset, int length) throws IOException {
                for (int done = 0; done < length; done += FRAME) {
                    connection.frame(kind, bytes, offset + done, Math.min(FRAME, length - done));
                }
            }
        };
        return new PrintWriter(new OutputStreamWriter(new BufferedOutputStream(frames, FRAME), StandardCharsets.UTF_8));
    }

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
        return request.width();
    }

    @Override
    public boolean terminal() {
        return request.terminal();
    }

    @Override
    public boolean standalone() {
        return directory.standalone();
    }

    @Override
    public String directory() {
        return directory.shown();
    }

    @Override
    public boolean cancelled() {
        return connection.cancelled();
    }

    @Override
    public void afterwards(Runnable act) {
        afterwards = act;
    }

    /** Sends what is left and the exit code; does what was to be done afterwards where nobody waits for it. */
    void end(int code) {
        out.flush();
        err.flush();
        if (!connection.finish(code, afterwards) && afterwards != null) {
            afterwards.run();
        }
    }
}
