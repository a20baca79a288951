// SPDX-License-Identifier: Apache-2.0
package vfio.deploy.internal;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.Map;

/**
 * The answer of stat(2) for a file, links followed; another stamp means that the file has changed.
 *
 * @param changed ctime, which also tells a rewrite that keeps size and mtime
 * @param key device and inode
 * @param mode permission bits and type
 * @param place modes, owners and groups of the folders above, on which trust depends too; the empty text where trust does not
 *     matter
 */
record FileStamp(long size, FileTime modified, FileTime changed, Object key, int mode, int uid, boolean regular,
        boolean directory, String place) {
    /** A link to nothing. */
    static final FileStamp DANGLING = new FileStamp(0, FileTime.fromMillis(0), FileTime.fromMillis(0), "", 0, 0, false,
            false, "");

    /** Returns the stamp of a file, without a place. */
    static FileStamp of(Path path) throws IOException {
        Map<String, Object> stat = Files.readAttributes(path,
                "unix:size,lastModifiedTime,ctime,fileKey,mode,uid,isRegularFile,isDirectory");
        return new FileStamp((Long) stat.get("size"), (FileTime) stat.get("lastModifiedTime"), (FileTime) stat.get("ctime"),
                stat.get("fileKey"), (Integer) stat.get("mode"), (Integer) stat.get("uid"),
                (Boolean) stat.get("isRegularFile"), (Boolean) stat.get("isDirectory"), "");
    }

    /** Returns this stamp with a place. */
    FileStamp in(String place) {
        return at(place);
    }

    /** Returns the modes, owners and groups of a folder and those above it. */
    static String place(Path folder) throws IOException {
        StringBuilder place = new StringBuilder();
        for (Path at = folder.toRealPath(); at != null; at = at.getParent()) {
            Map<String, Object> stat = Files.readAttributes(at, "unix:mode,uid,gid");
            place.append(Integer.toOctalString((Integer) stat.get("mode"))).append(' ').append(stat.get("uid")).append(' ')
                    .append(stat.get("gid")).append('/');
        }
        return place.toString();
    }

    private FileStamp at(String where) {
        return new FileStamp(size, modified, changed, key, mode, uid, regular, directory, where);
    }

    /** Tells whether the file is the same and has not changed; its place does not matter. */
    boolean sameFileAs(FileStamp other) {
        return at("").equals(other.at(""));
    }
}
