import HTTPTypes
import Hummingbird

/// The page: one file each of HTML, JavaScript and CSS, built into the program.
struct PageRoutes {
    func add(to router: Router<ServerContext>) {
        router.get("/") { _, _ in Self.file(PackageResources.index_html, "text/html; charset=utf-8") }
        router.get("page.js") { _, _ in Self.file(PackageResources.page_js, "text/javascript; charset=utf-8") }
        router.get("page.css") { _, _ in Self.file(PackageResources.page_css, "text/css; charset=utf-8") }
    }

    private static func file(_ bytes: [UInt8], _ type: String) -> Response {
        var headers: HTTPFields = [.contentType: type, .cacheControl: "no-cache"]
        // Nothing from elsewhere, and no script in what a model or a person wrote.
        headers[.contentSecurityPolicy] = "default-src 'self'; img-src data:; frame-ancestors 'none'"
        return Response(status: .ok, headers: headers, body: ResponseBody(byteBuffer: ByteBuffer(bytes: bytes)))
    }
}
