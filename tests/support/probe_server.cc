// What the tests probe: a static program for images that hold nothing else, no shell and no library.
//
//   probe-server [--http PORT] [--tcp PORT] [--grpc PORT] [--status N] [--late SECONDS] [--ignore-term]
//     HTTP: GET /healthz answers with the status of --status, GET /set?N changes it (gRPC: 200 is SERVING), GET /silent is
//     never answered, GET /redirect leads to /healthz, GET /elsewhere to another host, GET /agent fails unless a probe asks,
//     GET /requests tells how often /healthz was asked, GET /exit?N ends the program.
//     --late: opens the ports only after that time. Says "started" and "term" on standard output.
//     gRPC: health/v1; the service "down" does not serve, "unknown" is an error of the call.
//   probe-server exists FILE        exit code 0 when it does: for exec probes
//   probe-server touch FILE [CODE]  makes it: for exec hooks
//   probe-server say TEXT FILE CODE writes it and exits: a termination message
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace {

volatile sig_atomic_t terminated = 0;
int status = 200;
int requests = 0;
enum class Kind { kHttp, kTcp, kGrpc };

struct Connection {
  Kind kind;
  std::string received;
  bool greeted = false;
};

void Say(const char* text) {
  std::puts(text);
  std::fflush(stdout);
}

int Listen(int port) {
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const int on = 1;
  ::setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<uint16_t>(port));
  if (::bind(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0 || ::listen(fd, 16) != 0) {
    std::perror("listen");
    std::exit(3);
  }
  return fd;
}

void Write(int fd, const std::string& text) { (void)!::send(fd, text.data(), text.size(), MSG_NOSIGNAL); }

void Answer(int fd, int code, const std::string& body, const std::string& headers = "") {
  Write(fd, "HTTP/1.1 " + std::to_string(code) + " Status\r\nContent-Length: " + std::to_string(body.size()) +
                "\r\nConnection: close\r\n" + headers + "\r\n" + body);
}

int NumberBehind(const std::string& line, char mark) { return std::atoi(line.c_str() + line.find(mark) + 1); }

// True: the connection is done with.
bool ServeHttp(int fd, Connection& connection) {
  if (connection.received.find("\r\n\r\n") == std::string::npos) return false;
  const std::string line = connection.received.substr(0, connection.received.find("\r\n"));
  const auto asks = [&](const char* path) { return line.starts_with(std::string("GET ") + path); };
  if (asks("/silent")) return false;
  if (asks("/healthz")) {
    ++requests;
    Answer(fd, status, "health\n");
  } else if (asks("/set?")) {
    status = NumberBehind(line, '?');
    Answer(fd, 200, "set\n");
  } else if (asks("/redirect")) {
    Answer(fd, 302, "", "Location: /healthz\r\n");
  } else if (asks("/elsewhere")) {
    Answer(fd, 302, "", "Location: http://192.0.2.1/healthz\r\n");
  } else if (asks("/agent")) {
    Answer(fd, connection.received.find("User-Agent: kube-probe/") == std::string::npos ? 400 : 200, "");
  } else if (asks("/requests")) {
    Answer(fd, 200, std::to_string(requests) + "\n");
  } else if (asks("/exit?")) {
    std::_Exit(NumberBehind(line, '?'));
  } else {
    Answer(fd, 404, "");
  }
  return true;
}

std::string Frame(char type, char flags, char stream, const std::string& payload) {
  const std::string length = {0, static_cast<char>(payload.size() >> 8), static_cast<char>(payload.size())};
  return length + type + flags + std::string(3, '\0') + stream + payload;
}

std::string Field(const std::string& name, const std::string& value) {
  return std::string(1, '\0') + static_cast<char>(name.size()) + name + static_cast<char>(value.size()) + value;
}

// One call of stream 1, told by the end of its DATA frame (RFC 9113).
bool ServeGrpc(int fd, Connection& connection) {
  constexpr std::string_view kPreface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
  std::string& in = connection.received;
  if (!connection.greeted) {
    if (in.size() < kPreface.size()) return false;
    in.erase(0, kPreface.size());
    connection.greeted = true;
    Write(fd, Frame(4, 0, 0, "") + Frame(6, 0, 0, "pingpong"));
  }
  while (in.size() >= 9) {
    const size_t length = static_cast<size_t>(static_cast<unsigned char>(in[1]) << 8 | static_cast<unsigned char>(in[2]));
    if (in.size() < 9 + length) return false;
    const char type = in[3];
    const std::string payload = in.substr(9, length);
    in.erase(0, 9 + length);
    if (type != 0) continue;
    const std::string service = payload.size() > 7 ? payload.substr(7) : "";
    const std::string head = std::string(1, '\x88') + Field("content-type", "application/grpc");
    if (service == "unknown") {
      Write(fd, Frame(1, 5, 1, head + Field("grpc-status", "5")));
      return true;
    }
    const char serving = service != "down" && status == 200 ? 1 : 2;
    const std::string message = std::string{0, 0, 0, 0, 2, 8, serving};
    Write(fd, Frame(1, 4, 1, head) + Frame(0, 0, 1, message) + Frame(1, 5, 1, Field("grpc-status", "0")));
    return true;
  }
  return false;
}

void Serve(const std::map<int, Kind>& listeners, bool ignore_term) {
  std::map<int, Connection> connections;
  bool told = false;
  while (true) {
    if (terminated != 0 && !told) {
      told = true;
      Say("term");
      if (!ignore_term) return;
    }
    std::vector<pollfd> polls;
    for (const auto& [fd, kind] : listeners) polls.push_back({fd, POLLIN, 0});
    for (const auto& [fd, connection] : connections) polls.push_back({fd, POLLIN, 0});
    ::poll(polls.data(), polls.size(), 50);
    for (const pollfd& entry : polls) {
      if (entry.revents == 0) continue;
      if (const auto listener = listeners.find(entry.fd); listener != listeners.end()) {
        const int client = ::accept4(entry.fd, nullptr, nullptr, SOCK_CLOEXEC);
        if (client >= 0) connections[client] = {listener->second, "", false};
        continue;
      }
      char buffer[4096];
      Connection& connection = connections[entry.fd];
      const ssize_t size = ::read(entry.fd, buffer, sizeof buffer);
      if (size > 0) connection.received.append(buffer, static_cast<size_t>(size));
      const bool done = size <= 0 || (connection.kind == Kind::kHttp && ServeHttp(entry.fd, connection)) ||
                        (connection.kind == Kind::kGrpc && ServeGrpc(entry.fd, connection));
      if (!done) continue;
      ::close(entry.fd);
      connections.erase(entry.fd);
    }
  }
}

int Tool(int argc, char** argv) {
  const std::string_view verb = argv[1];
  if (verb == "exists" && argc == 3) {
    if (::access(argv[2], F_OK) == 0) return 0;
    std::printf("%s is missing\n", argv[2]);
    return 1;
  }
  if (verb == "touch" && argc >= 3) {
    const int fd = ::open(argv[2], O_WRONLY | O_CREAT | O_APPEND, 0644);
    (void)!::write(fd, "touched\n", 8);
    return argc > 3 ? std::atoi(argv[3]) : 0;
  }
  if (verb == "say" && argc == 5) {
    const int fd = ::open(argv[3], O_WRONLY | O_CREAT, 0644);
    (void)!::write(fd, argv[2], std::strlen(argv[2]));
    std::printf("log of the run\n");
    return std::atoi(argv[4]);
  }
  return -1;
}

}  // namespace

int main(int argc, char** argv) {
  if (const int code = argc > 1 ? Tool(argc, argv) : -1; code >= 0) return code;
  struct sigaction action{};
  action.sa_handler = [](int) { terminated = 1; };
  ::sigaction(SIGTERM, &action, nullptr);
  std::map<int, Kind> wanted;
  bool ignore_term = false;
  unsigned late = 0;
  for (int i = 1; i < argc; ++i) {
    const std::string_view flag = argv[i];
    const bool last = i + 1 >= argc;
    if (flag == "--ignore-term") ignore_term = true;
    else if (flag == "--http" && !last) wanted[std::atoi(argv[++i])] = Kind::kHttp;
    else if (flag == "--tcp" && !last) wanted[std::atoi(argv[++i])] = Kind::kTcp;
    else if (flag == "--grpc" && !last) wanted[std::atoi(argv[++i])] = Kind::kGrpc;
    else if (flag == "--status" && !last) status = std::atoi(argv[++i]);
    else if (flag == "--late" && !last) late = static_cast<unsigned>(std::atoi(argv[++i]));
    else return 2;
  }
  Say("started");
  ::sleep(late);
  std::map<int, Kind> listeners;
  for (const auto& [port, kind] : wanted) listeners[Listen(port)] = kind;
  Serve(listeners, ignore_term);
  return 0;
}
