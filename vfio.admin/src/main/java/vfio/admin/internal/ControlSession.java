// SPDX-License-Identifier: Apache-2.0
package vfio.admin.internal;

import java.io.BufferedWriter;
import java.io.IOException;
import java.io.OutputStream;
import java.io.OutputStreamWriter;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import vfio.admin.Command;
import vfio.admin.Session;
import vfio.admin.control.Frame;
import vfio.admin.control.Request;

/** The session of a client of the control socket, for one request. */
final class ControlSession implements Session {
    /** Characters gathered for a frame: answers are long, errors are a line. */
    private static final int OUT_GATHERED = 8192;
    private static final int ERR_GATHERED = 512;

    private final Connection connection;
    private final Request request;
    private final DaemonDirectory directory;
    private final Places places;
    private final PrintWriter out;
    private final PrintWriter err;
    private Runnable afterwards;
    private Command.Kind held;

    ControlSession(Connection connection, Request request, DaemonDirectory directory, Places places) {
        this.connection = connection;
        this.request = request;
        this.directory = directory;
        this.places = places;
        out = writer(Frame.OUT, OUT_GATHERED);
        err = writer(Frame.ERR, ERR_GATHERED);
    }

    private PrintWriter writer(byte kind, int gathered) {
        OutputStream frames = new OutputStream() {
            @Override
            public void write(int b) throws IOException {
                write(new byte[] {(byte) b}, 0, 1);
            }

            @Override
            public void write(byte[] bytes, int offset, int length) throws IOException {
                for (int done = 0; done < length; done += Connection.MOST_FRAME) {
                    connection.frame(kind, bytes, offset + done, Math.min(Connection.MOST_FRAME, length - done));
                }
            }
        };
        return new PrintWriter(new BufferedWriter(new OutputStreamWriter(frames, StandardCharsets.UTF_8), gathered));
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
    public void begin(Command.Kind kind) {
        places.take(kind);
        held = kind;
        connection.begin(kind == Command.Kind.ACT);
    }

    @Override
    public boolean cancelled() {
        return connection.cancelled();
    }

    @Override
    public boolean ending() {
        return connection.ending();
    }

    @Override
    public void afterwards(Runnable act) {
        afterwards = act;
    }

    /** Sends what is left and the exit code. Runs the act that was to come afterwards where nobody waits for the answer. */
    void end(int code) {
        try {
            out.flush();
            err.flush();
        } finally {
            if (held != null) {
                places.give(held);
            }
            if (!connection.finish(code, afterwards) && afterwards != null) {
                afterwards.run();
            }
        }
    }
}
