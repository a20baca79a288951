// SPDX-License-Identifier: Apache-2.0
package vfio.deploy.internal;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.Map;

/**
 * What stat(2) says of a file, links followed; another stamp means that the file has changed.
 *
 * @param changed ctime: also tells a rewrite that keeps size and mtime
 * @param key device and inode
 * @param mode permission bits and type
 * @param place modes, owners and groups of the folders above, where they matter: whether a file is trusted depends on them too
 */
record FileStamp(long size, FileTime modified, FileTime changed, Object key, int mode, int uid, boolean regular,
        boolean directory, String place) {
    /** A link to nothing. */
    static final FileStamp DANGLING = new FileStamp(0, FileTime.fromMillis(0), FileTime.fromMillis(0), "", 0, 0, false,
            false, "");

    static FileStamp of(Path path) throws IOException {
        Map<String, Object> stat = Files.readAttributes(path,
                "unix:size,lastModifiedTime,ctime,fileKey,mode,uid,isRegularFile,isDirectory");
        return new FileStamp((Long) stat.get("size"), (FileTime) stat.get("lastModifiedTime"), (FileTime) stat.get("ctime"),
                stat.get("fileKey"), (Integer) stat.get("mode"), (Integer) stat.get("uid"),
                (Boolean) stat.get("isRegularFile"), (Boolean) stat.get("isDirectory"), "");
    }

    FileStamp in(String place) {
        return at(place);
    }

    /** Who may write a folder and those above it. */
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

    /** Whether it is the same file and has not changed, whatever has become of its folder. */
    boolean sameFileAs(FileStamp other) {
        return at("").equals(other.at(""));
    }
}
