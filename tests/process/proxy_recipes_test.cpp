// The recipes of docs/recipes/ as they are, but for their addresses, in real HAProxy and nginx before a real server:
// apps get through, browsers get the page, and the server learns where clients come from.
#include <memory>
#include <utility>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "libs/smp-client/raw_connection.hpp"
#include "libs/smp-client/sync_client.hpp"
#include "tests/process/program.hpp"
#include "tests/support/child/child.hpp"
#include "tests/support/child/free_port.hpp"
#include "tests/support/server/web_certificate.hpp"

namespace sotto::test {
namespace {

using testing::HasSubstr;

const std::string kPassword = "correct-horse-battery";
const std::string kHost = "smp.example.org";

// Failures that limit a source (backend::AttemptLimits).
constexpr int kBurst = 10;

// What stands in a recipe, and what a test has instead.
using Changes = std::vector<std::pair<std::string, std::string>>;

std::string local(std::uint16_t port) {
  return "127.0.0.1:" + std::to_string(port);
}

std::string recipe(const std::string& name, const Changes& changes) {
  auto text = read_file(std::string(SOTTO_SOURCE_DIR) + "/docs/recipes/" + name);
  for (const auto& [old, now] : changes) {
    auto at = text.find(old);
    if (at == std::string::npos) throw std::runtime_error(std::string(name).append(" has no ").append(old));
    for (; at != std::string::npos; at = text.find(old, at + now.size())) text.replace(at, old.size(), now);
  }
  return text;
}

class ProxyRecipes : public testing::Test {
 protected:
  void start_server(const Texts& more) {
    Texts flags = home_.flags({"--ports=0", "--listen=127.0.0.1", "--information-operator=Example Association"});
    flags.insert(flags.end(), more.begin(), more.end());
    server_ = std::make_unique<Server>(flags, Texts{"SOTTO_PASSWORD=" + kPassword});
    server_->wait_ready();
  }

  [[nodiscard]] std::uint16_t server_port() const { return server_->ports().front(); }

  // Two more ports of it are ways to the first one, from addresses of their own.
  void start_haproxy(const std::string& config) {
    std::string hops;
    for (std::size_t i = 0; i < hops_.size(); ++i) {
      hops += "\nlisten hop-" + std::to_string(i) + "\n  bind " + local(hops_[i]) + "\n  server proxy " + local(port_) +
              " source 127.0.0." + std::to_string(i + 2) + "\n";
    }
    const auto file = home_.directory.path() / "haproxy.cfg";
    write_file(file, config + hops);
    haproxy_ = std::make_unique<Program>("haproxy", Texts{"-db", "-f", file.string()});
    wait_for(*haproxy_, port_);
  }

  // `stream`: the part beside http {}. The page is had on page_port_ in any case.
  void start_nginx(const std::string& stream) {
    const auto directory = home_.directory.path().string();
    std::string config = "daemon off;\nmaster_process off;\npid " + directory +
                         "/nginx.pid;\nload_module /usr/lib/nginx/modules/ngx_stream_module.so;\nevents {}\n" + stream +
                         "http {\naccess_log off;\n";
    for (const auto* what : {"client_body", "proxy", "fastcgi", "uwsgi", "scgi"}) {
      config += std::string(what) + "_temp_path " + directory + "/nginx-" + what + ";\n";
    }
    config += recipe("nginx-page.conf", {{"127.0.0.1:8443", local(page_port_)},
                                         {"127.0.0.1:8080", local(web_listen_)},
                                         {"/etc/letsencrypt/live/smp.example.org/fullchain.pem", files_.certificate},
                                         {"/etc/letsencrypt/live/smp.example.org/privkey.pem", files_.key}}) +
              "}\n";
    const auto file = home_.directory.path() / "nginx.conf";
    write_file(file, config);
    nginx_ = std::make_unique<Program>("nginx", Texts{"-e", "stderr", "-p", directory, "-c", file.string()});
    wait_for(*nginx_, page_port_);
  }

  static void wait_for(Program& program, std::uint16_t port) {
    wait_until("port " + std::to_string(port), [&] {
      if (!program.running())
        throw std::runtime_error("it ended (scripts/install-packages test):\n" + program.errors());
      return client::RawConnection().connect("127.0.0.1", port).ok();
    });
  }

  void expect_apps_get_through(std::uint16_t port) const {
    const auto test = run(cli_program(), {"server", "test", home_.address(port, kPassword), "--extended"});
    EXPECT_EQ(test.exit_code, 0) << test.output << test.errors;
    auto options = home_.options(port);
    options.alpn = transport::Alpn::http;
    EXPECT_TRUE(client::SyncClient().connect(options).ok()) << "as some apps do on port 443";
  }

  // As a browser does it: it names the host, offers HTTP and wants a certificate that fits.
  void expect_browsers_get_the_page(std::uint16_t port) const {
    const auto browser =
        run("openssl",
            {"s_client", "-quiet", "-connect", local(port), "-servername", kHost, "-alpn", "h2,http/1.1", "-CAfile",
             files_.certificate, "-verify_return_error", "-verify_hostname", kHost},
            {}, "GET / HTTP/1.1\r\nHost: " + kHost + "\r\nConnection: close\r\n\r\n");
    EXPECT_THAT(browser.output, HasSubstr("200 OK")) << browser.errors;
    EXPECT_THAT(browser.output, HasSubstr("<dd>Example Association</dd>"));
  }

  [[nodiscard]] std::string create_queue(std::uint16_t port, const std::string& password) const {
    client::SyncClient client;
    if (const auto status = client.connect(home_.options(port)); !status) return status.error().message;
    const auto queue = client.create_queue({.password = SecretString(password)});
    return queue ? "created" : queue.error().message;
  }

  // One client guesses until it is not heard any more; the other one comes from elsewhere.
  void expect_clients_are_told_apart() const {
    for (int i = 0; i < kBurst; ++i) EXPECT_EQ(create_queue(hops_[0], "guess-" + std::to_string(i)), "AUTH");
    EXPECT_EQ(create_queue(hops_[0], kPassword), "AUTH");
    EXPECT_EQ(create_queue(hops_[1], kPassword), "created");
  }

  Home home_;
  WebCertificateFiles files_ = make_web_certificate(home_.directory.path(), kHost);
  const std::uint16_t port_ = free_port();  // of the proxy: for all the world
  const std::array<std::uint16_t, 2> hops_{free_port(), free_port()};
  const std::uint16_t page_port_ = free_port();   // of the web server behind it
  const std::uint16_t web_listen_ = free_port();  // where that has the page from
  std::unique_ptr<Server> server_;
  std::unique_ptr<Program> nginx_;
  std::unique_ptr<Program> haproxy_;
};

TEST_F(ProxyRecipes, HaproxyAsABalancer) {
  start_server({"--proxy-protocol-networks=127.0.0.1/32", "--web-certificate=" + files_.certificate.string(),
                "--web-key=" + files_.key.string()});
  start_haproxy(recipe("haproxy-balancer.cfg", {{"bind :5223", "bind " + local(port_)},
                                                {"bind :443", ""},
                                                {"bind [::]:5223 v6only", ""},
                                                {"bind [::]:443 v6only", ""},
                                                {"10.0.1.10:5223", local(server_port())},
                                                {"10.0.1.11:5223", local(free_port())}}));  // one is away
  expect_apps_get_through(port_);
  expect_browsers_get_the_page(port_);
  expect_clients_are_told_apart();
}

TEST_F(ProxyRecipes, HaproxyOnASharedPort) {
  start_server({"--proxy-protocol-networks=127.0.0.1/32", "--web-listen=" + local(web_listen_)});
  start_nginx("");
  start_haproxy(recipe("haproxy-443.cfg", {{"bind :443", "bind " + local(port_)},
                                           {"bind [::]:443 v6only", ""},
                                           {"127.0.0.1:5223", local(server_port())},
                                           {"127.0.0.1:8443", local(page_port_)}}));
  expect_apps_get_through(port_);
  expect_browsers_get_the_page(port_);
  expect_clients_are_told_apart();
}

TEST_F(ProxyRecipes, NginxOnASharedPort) {
  start_server({"--web-listen=" + local(web_listen_)});
  start_nginx(recipe("nginx-443.conf", {{"listen 443", "listen " + local(port_)},
                                        {"listen [::]:443;", ""},
                                        {"127.0.0.1:5223", local(server_port())},
                                        {"127.0.0.1:8443", local(page_port_)}}));
  expect_apps_get_through(port_);
  expect_browsers_get_the_page(port_);
}

// But for addresses, which a test cannot bind.
TEST_F(ProxyRecipes, HaproxyTakesThemAsTheyAre) {
  for (const auto* name : {"haproxy-balancer.cfg", "haproxy-443.cfg"}) {
    const auto check = run("haproxy", {"-c", "-f", std::string(SOTTO_SOURCE_DIR) + "/docs/recipes/" + name});
    EXPECT_EQ(check.exit_code, 0) << check.errors;
  }
}

}  // namespace
}  // namespace sotto::test
