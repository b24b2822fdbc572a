"""A foreign RTSP server for tests: gst-rtsp-server with a test picture. Prints its port, ends with its stdin.

foreign_server.py CODEC AUTH TRANSPORT PASSWORD-VARIABLE, e.g. h264 digest tcp PASSWORD
"""

import os
import sys
import threading

import gi

gi.require_version("Gst", "1.0")
gi.require_version("GstRtspServer", "1.0")
gi.require_version("GstRtsp", "1.0")
from gi.repository import GLib, Gst, GstRtsp, GstRtspServer  # noqa: E402

codec, auth, transport, variable = sys.argv[1:5]
Gst.init(None)
server = GstRtspServer.RTSPServer.new()
server.set_address("127.0.0.1")
server.set_service("0")

encode = {
    "h264": "x264enc tune=zerolatency speed-preset=ultrafast key-int-max=15 ! h264parse ! rtph264pay",
    "h265": "x265enc tune=zerolatency speed-preset=ultrafast key-int-max=15 ! h265parse ! rtph265pay",
}[codec]
factory = GstRtspServer.RTSPMediaFactory.new()
factory.set_launch(
    "( videotestsrc is-live=true pattern=ball ! video/x-raw,width=320,height=180,framerate=15/1,format=I420"
    f" ! {encode} name=pay0 pt=96 config-interval=0"
    " audiotestsrc is-live=true ! audio/x-raw,rate=8000,channels=1 ! mulawenc ! rtppcmupay name=pay1 pt=0 )"
)
factory.set_shared(True)
factory.set_protocols(GstRtsp.RTSPLowerTrans.TCP if transport == "tcp" else GstRtsp.RTSPLowerTrans.UDP)

if auth != "none":
    keeper = GstRtspServer.RTSPAuth.new()
    token = GstRtspServer.RTSPToken.new()
    token.set_string(GstRtspServer.RTSP_TOKEN_MEDIA_FACTORY_ROLE, "user")
    password = os.environ[variable]
    if auth == "basic":
        keeper.set_supported_methods(GstRtsp.RTSPAuthMethod.BASIC)
        keeper.add_basic(GstRtspServer.RTSPAuth.make_basic("admin", password), token)
    else:
        keeper.set_supported_methods(GstRtsp.RTSPAuthMethod.DIGEST)
        keeper.add_digest("admin", password, token)
    server.set_auth(keeper)
    permissions = GstRtspServer.RTSPPermissions.new()
    permissions.add_permission_for_role("user", GstRtspServer.RTSP_PERM_MEDIA_FACTORY_ACCESS, True)
    permissions.add_permission_for_role("user", GstRtspServer.RTSP_PERM_MEDIA_FACTORY_CONSTRUCT, True)
    factory.set_permissions(permissions)

server.get_mount_points().add_factory("/live", factory)
server.attach(None)
print(server.get_bound_port(), flush=True)
loop = GLib.MainLoop()


def wait_for_the_end():
    sys.stdin.read()
    loop.quit()


threading.Thread(target=wait_for_the_end, daemon=True).start()
loop.run()
