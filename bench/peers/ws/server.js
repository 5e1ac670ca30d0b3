// `ws` as this suite runs it: the shortest broadcaster that its documentation shows, with groups.
// The first message of a connection is its group, and is answered; each later one goes to the
// group's other members. The address comes as HOST and PORT of the environment.
const { WebSocketServer } = require("ws");
const http = require("http");

const server = http.createServer();
// No compression, which is the default, said here because it decides the figures.
const wss = new WebSocketServer({ server, perMessageDeflate: false });
const groups = new Map();
wss.on("connection", (socket) => {
    let members;
    socket.on("error", () => {});
    socket.on("message", (message) => {
        if (members === undefined) {
            const group = message.toString();
            members = groups.get(group) ?? new Set();
            groups.set(group, members);
            members.add(socket);
            socket.send("joined");
            return;
        }
        for (const member of members) {
            if (member !== socket) {
                member.send(message, { binary: false });
            }
        }
    });
    socket.on("close", () => members?.delete(socket));
});
server.listen({ host: process.env.HOST, port: Number(process.env.PORT), backlog: 4096 });
