// Which hosts a user means, and the line that a shell there gets.

#include "launcher/host_list.hpp"

#include <algorithm>
#include <stdexcept>
#include <string>

#include <catch2/catch.hpp>

#include "launcher/host_command.hpp"
#include "launcher/node_line.hpp"

using Catch::Contains;
using muster::launcher::HostCommand;
using muster::launcher::NodeLine;
using muster::launcher::parse_hosts;
using muster::launcher::RemoteHost;

TEST_CASE("a host has its engines, or its port and its engines, behind it") {
  const auto hosts = parse_hosts("a:4,user@b:2222:8,c,[::1]:2,d@[fe80::1]:22:3,a:1");
  REQUIRE(hosts.size() == 6);
  CHECK(hosts[0].destination == "a");
  CHECK(hosts[0].engines == 4);
  CHECK(hosts[0].port == 0);
  CHECK(hosts[1].destination == "user@b");
  CHECK(hosts[1].port == 2222);
  CHECK(hosts[1].engines == 8);
  CHECK(hosts[2].destination == "c");
  CHECK(hosts[2].engines == 0);
  CHECK(hosts[3].destination == "::1");
  CHECK(hosts[3].engines == 2);
  CHECK(hosts[4].destination == "d@fe80::1");
  CHECK(hosts[4].port == 22);
  CHECK(hosts[4].engines == 3);
  CHECK(hosts[0].label == "a");
  CHECK(hosts[1].label == "user@b:2222");
  CHECK(hosts[5].label == "a#2");
}

TEST_CASE("a host that can't be meant is refused with its entry") {
  const std::string list = GENERATE("", "a,,b", "a:", "a:x", "a:0", "a:1:", "a:1:2:3", "a:70000:1",
                                    "-oProxyCommand=x:1", "a b:1", "[::1:2", "[::1]2");
  CAPTURE(list);
  CHECK_THROWS_WITH(parse_hosts(list),
                    Contains("--hosts: '") && Contains("HOST:ENGINES or HOST:PORT:ENGINES"));
}

TEST_CASE("what a shell on a host gets is one line that shells read alike") {
  const std::string line = NodeLine{"mark", "key", 3, 4096, "info", "bigmem,gpu=2"}.text();
  CHECK(std::count(line.begin(), line.end(), '\'') == 2);
  CHECK(line.find_first_of("\n\\!") == std::string::npos);
  CHECK_THAT(line, Contains("--engines 3") && Contains("--log-level info") &&
                       Contains("--resources bigmem,gpu=2"));
}

TEST_CASE("answers are told from what a login prints, wherever they stand in a line") {
  using muster::launcher::answer_in;
  CHECK(answer_in("mark joined 4", "mark") == "joined 4");
  CHECK(answer_in("Welcome! mark need", "mark") == "need");
  CHECK_FALSE(answer_in("Welcome!", "mark"));
  CHECK_FALSE(answer_in("mark", "mark"));
}

TEST_CASE("ssh gets the user's arguments first, and no host that is an option") {
  HostCommand ssh;
  ssh.arguments = {"-F", "file"};
  const auto words = ssh.command_line(RemoteHost{"u@b", 2222, 1, "b"}, "line");
  CHECK(words[0] == "ssh");
  CHECK(words[1] == "-F");
  const std::vector<std::string> end(words.end() - 5, words.end());
  CHECK(end == std::vector<std::string>{"-p", "2222", "--", "u@b", "line"});
  HostCommand other;
  other.program = "./other";
  CHECK(other.command_line(RemoteHost{"b", 7, 1, "b"}, "line") ==
        std::vector<std::string>{"./other", "b:7", "line"});
}
